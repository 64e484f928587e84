"""What servers answer to RCPT and DATA: the enhanced status, the words, and whether the address is gone for good.

Written from what the servers' sources, manuals and help pages say. ``{r}`` is the recipient, ``{d}`` its domain.
"""

# ruff: noqa: E501  (what servers and people write is not broken)

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reason:
    """``code`` is the reply code of SMTP, ``status`` the enhanced status if the server gives one."""

    code: int
    status: str | None
    words: str
    hard: bool

    def line(self, recipient: str) -> str:
        """The answer as it goes over the wire."""
        words = self.words.format(r=recipient, d=recipient.partition("@")[2])
        return f"{self.code} {self.status} {words}" if self.status else f"{self.code} {words}"


def _table(hard: bool, rows: str) -> list[Reason]:
    reasons = []
    for row in filter(None, map(str.strip, rows.splitlines())):
        code, status, words = row.split(" ", 2)
        reasons.append(Reason(int(code), None if status == "-" else status, words, hard))
    return reasons


GONE = _table(
    True,
    """
    550 5.1.1 <{r}>: Recipient address rejected: User unknown in virtual mailbox table
    550 5.1.1 <{r}>: Recipient address rejected: User unknown in local recipient table
    550 5.1.1 <{r}>... User unknown
    550 5.1.1 The email account that you tried to reach does not exist. Please try double-checking the recipient's email address for typos or unnecessary spaces. For more information, go to https://support.google.com/mail/?p=NoSuchUser k1si123
    550 5.2.1 The email account that you tried to reach is inactive. For more information, go to https://support.google.com/mail/?p=DisabledUser a12
    550 5.2.1 The email account that you tried to reach is disabled. Learn more at https://support.google.com/mail/?p=DisabledUser
    550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient {r} not found by SMTP address lookup
    550 5.1.1 RESOLVER.ADR.ExRecipNotFound; not found
    550 5.4.1 Recipient address rejected: Access denied. [AM0EUR02FT012.eop-EUR02.prod.protection.outlook.com 2024-05-02T08:00:00.000Z 08DC6]
    550 5.4.1 [{r}]: Recipient address rejected: Access denied. AS(201806281) [DB5EUR01FT032.eop-EUR01.prod.protection.outlook.com]
    550 5.5.0 Requested action not taken: mailbox unavailable (S2017062302). [BN8NAM11FT066.eop-nam11.prod.protection.outlook.com]
    550 - Requested action not taken: mailbox unavailable
    554 - delivery error: dd This user doesn't have a yahoo.com account ({r}) [0] - mta1234.mail.ne1.yahoo.com
    554 - delivery error: dd Sorry, your message to {r} cannot be delivered. This mailbox is disabled (554.30). - mta4
    552 - 1 Requested mail action aborted, mailbox not found
    550 5.1.1 <{r}>: user does not exist
    550 5.1.6 recipient no longer on server: {r}
    550 - No such user here
    550 - No Such User Here"
    550 - 5.1.1 No such user - gsmtp
    550 - no mailbox by that name is currently available
    550 - {r} unknown user account
    550 - unknown user
    550 - user not found
    550 - User not found: {r}
    550 - Mailbox not found. http://service.mail.qq.com/cgi-bin/help?subtype=1&&id=20022&&no=1000728
    550 - Invalid recipient <{r}> (#5.1.1)
    550 - Invalid Recipient - https://community.mimecast.com/docs/DOC-1369#550
    550 5.1.1 Invalid recipient: {r}
    550 5.1.1 unknown or illegal alias: {r}
    553 5.1.2 <{r}>... Host unknown (Name server: {d}: host not found)
    550 5.1.2 {d}: Domain not found
    550 5.1.0 <{r}>: address unknown
    550 #5.1.0 Address rejected.
    554 5.4.4 Unable to look up mail exchanger: Host or domain name not found. Name service error for name={d} type=MX: Host not found
    550 5.4.4 SMTPSEND.DNS.NonExistentDomain; nonexistent domain
    550 5.4.310 DNS domain {d} does not exist [Message=InfoDomainNonexistent] [LastAttemptedServerName={d}]
    556 5.1.10 <{r}>: Recipient address rejected: Domain {d} does not accept mail (nullMX)
    550 5.1.1 Adresse d au moins un destinataire invalide. Invalid recipient. OFR204_416 [416]
    550 5.1.1 Unknown or unavailable mailbox; Boite inconnue
    550 - Message was not accepted -- invalid mailbox. Local mailbox {r} is unavailable: user not found
    550 - Message was not accepted -- invalid mailbox. Local mailbox {r} is unavailable: account is disabled
    550 5.7.1 No such user!
    550 5.1.1 No such user or inactive mailbox - <{r}>
    550 5.1.1 <{r}> Email address could not be found, or was misspelled (G8)
    550 - Unrouteable address
    550 - No such person at this address
    550 - Unknown recipient: {r}
    551 - User not local; please try <forward-path>
    550 - User {r} not listed in Domino Directory
    550 5.0.0 <{r}>... Can't create output: no such user
    550 - Account {r} has been closed
    550 - Mailbox {r} has been deactivated
    550 5.2.1 Mailbox disabled, not accepting messages
    550 5.2.1 This account has been suspended
    550 5.2.1 <{r}>: mailbox is inactive
    550 5.0.1 Recipient rejected - no such mailbox
    550 - Sorry, no mailbox here by that name. (#5.1.1)
    550 - sorry, this recipient does not exist (#5.1.1)
    511 - sorry, no mailbox here by that name (#5.1.1 - chkuser)
    550 5.7.1 Recipient not found
    550 - Empfänger unbekannt
    550 - Benutzer {r} existiert nicht
    550 - Utilisateur inconnu
    550 - Usuario desconocido
    550 - Utente sconosciuto
    550 - Usuario inexistente
    550 - Gebruiker onbekend
    550 - Nie ma takiego konta: adres nie istnieje
    550 - Пользователь не найден
    550 - 用户不存在
    550 - そのようなユーザーは存在しません
    550 5.1.1 The mailbox does not exist at this domain anymore
    550 - The recipient's account is no longer active
    554 - Recipient address rejected: user {r} does not exist
    554 5.1.1 Amazon SES did not send the message to this address: it is on the suppression list because it has a recent history of bouncing as an invalid address
    550 - That mailbox does not exist
    550 5.1.3 Bad recipient address syntax
    501 5.1.3 Invalid address
    553 - sorry, that mailbox is no longer valid
    550 - Callout verification failed: 550 No such user
    550 - Verification failed for <{r}>: The mail server could not deliver mail to {r}. The account does not exist
    550 5.1.1 <{r}>: Recipient address rejected: undeliverable address: host mx.{d}[192.0.2.8] said: 550 5.1.1 <{r}> User unknown (in reply to RCPT TO command)
    550 - all relevant MX records point to non-existent hosts
    550 - This address no longer accepts mail: user has left the company
    """,
)

PASSING = _table(
    False,
    """
    552 5.2.2 Mailbox full
    552 5.2.2 The email account that you tried to reach is over quota and inactive. Please direct the recipient to https://support.google.com/mail/?p=OverQuotaPerm
    452 4.2.2 The email account that you tried to reach is over quota.
    550 5.2.2 <{r}>: user is over quota
    552 5.2.2 STOREDRV.Deliver; mailbox full. The following information should help identify the cause of this delivery failure
    554 5.2.2 mailbox full; STOREDRV.Deliver.Exception:QuotaExceededException.MapiExceptionShutoffQuotaExceeded; Failed to process message due to a permanent exception
    552 - Quota exceeded for user
    550 5.1.1 {r} mailbox full, quota exceeded
    550 - {r} quota exceeded
    550 5.1.1 Boite du destinataire pleine. Recipient overquota. OFR_417 [417]
    552 - Mailbox {r} is full
    550 5.2.1 The user you are trying to contact is receiving mail at a rate that prevents additional messages from being delivered
    450 4.2.1 The user you are trying to contact is receiving mail too quickly. Please resend your message at a later time
    450 4.2.0 <{r}>: Recipient address rejected: Greylisted, see http://postgrey.schweikert.ch/help
    451 4.7.1 Greylisting in action, please come back later
    451 - Temporary local problem - please try later
    421 4.7.0 Our system has detected an unusual rate of unsolicited mail originating from your IP address
    550 5.7.1 Our system has detected that this message is likely unsolicited mail. To reduce the amount of spam sent to Gmail, this message has been blocked.
    550 5.7.26 Unauthenticated email from sender.example is not accepted due to domain's DMARC policy
    550 5.7.26 This mail has been blocked because the sender is unauthenticated. Gmail requires all senders to authenticate with either SPF or DKIM.
    550 5.7.1 Service unavailable, Client host [192.0.2.1] blocked using Spamhaus. To request removal from this list see https://www.spamhaus.org/query/ip/192.0.2.1 (AS16012609)
    550 5.7.606 Access denied, banned sending IP [192.0.2.1]. To request removal from this list please visit https://sender.office.com/
    550 5.7.1 Unfortunately, messages from [192.0.2.1] weren't sent. Please contact your Internet service provider since part of their network is on our block list (S3140).
    550 5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup; authentication required; Delivery restriction check failed because the sender was not authenticated when sending to this group
    550 5.7.129 RESOLVER.RST.RestrictedToRecipientsPermission; not authorized to send to the recipient
    550 5.7.124 Sender not in allowed-senders list
    550 5.7.64 TenantAttribution; Relay Access Denied
    554 5.7.1 <{r}>: Relay access denied
    550 5.7.1 Unable to relay for {r}
    553 - sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)
    550 - relay not permitted
    554 5.7.1 Message rejected as spam by Content Filtering.
    554 5.7.1 <{r}>: Recipient address rejected: Access denied
    554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org
    554 - Transaction failed. Reject due to policy restrictions. For explanation visit https://postmaster.gmx.net/
    550 - Requested action not taken: mailbox unavailable invalid DNS MX or A/AAAA resource record. For explanation visit https://www.gmx.net/mail/senderguidelines
    450 - Requested mail action not taken: mailbox unavailable
    550 5.1.8 <ann@sender.example>: Sender address rejected: Domain not found
    550 5.1.7 The sender address is invalid: user unknown
    550 - Sender verify failed: sender.example does not exist
    553 5.1.8 Domain of sender address ann@sender.example does not exist
    552 5.3.4 Message size exceeds fixed maximum message size (10485760)
    550 5.2.3 RESOLVER.RST.RecipSizeLimit; message too large for this recipient
    552 5.3.4 Your message exceeded Google's message size limits.
    552 5.7.0 This message was blocked because its content presents a potential security issue. Please visit https://support.google.com/mail/?p=BlockedMessage
    554 5.6.0 Message contains a virus: Eicar-Test-Signature
    550 - csi.mimecast.org Poor Reputation Sender
    550 - Administrative prohibition - envelope blocked - https://community.mimecast.com/docs/DOC-1369#550
    550 - Rejected by header based manually Blocked Senders
    550 - permanent failure for one or more recipients ({r}:blocked)
    554 - Service unavailable; Client host [mail.sender.example] blocked using Barracuda Reputation; http://www.barracudanetworks.com/reputation/?r=1
    550 - spam message rejected. Please visit http://help.mail.ru/notspam-support/id?c=abc or report details to abuse@corp.mail.ru
    554 5.7.1 [1] Message rejected under suspicion of SPAM; https://ya.cc/1IrBc
    550 - Mail content denied. http://service.mail.qq.com/cgi-bin/help?subtype=1&&id=20022&&no=1000726
    550 - Connection frequency limited. http://service.mail.qq.com/cgi-bin/help
    550 - Domain may not exist or DNS check failed
    554 - DT:SPM 163 mx1,PMmowAC3
    550 5.7.1 Mail rejete. Mail rejected. OFR_506 [506]
    421 - Service refuse. Veuillez essayer plus tard. OFR004_104 [104]
    550 - 5.7.0 Message considered as spam or virus, rejected
    554 5.4.6 Too many hops 26 (25 max)
    554 5.4.14 Hop count exceeded - possible mail loop ATTR34
    550 5.4.300 Message expired -> 451 4.7.500 Server busy. Please try again later from [192.0.2.1]. (AS77713)
    550 5.4.316 Message expired, connection refused(Socket error code 10061)
    554 5.0.0 Service unavailable
    550 - High probability of spam
    550 - Rejected for policy reasons
    550 5.7.0 Authentication required
    535 5.7.8 Error: authentication failed
    530 5.7.0 Must issue a STARTTLS command first
    550 - The message was rejected
    554 - Message refused
    550 5.7.1 Message filtered. Refer to the Troubleshooting page at http://www.symanteccloud.com/troubleshooting
    550 5.7.511 Access denied, banned sender[192.0.2.1].
    550 5.4.1 Connection timed out
    550 - No such user (IP blocked)
    550 5.2.1 mailbox temporarily disabled, try again later
    550 5.7.1 Delivery not authorized, message refused
    550 - Postfach ist voll
    552 - La boîte aux lettres du destinataire est pleine
    552 - El buzón del destinatario está lleno
    552 - La casella del destinatario è piena
    552 - A caixa de correio está cheia
    552 - Почтовый ящик переполнен
    552 - 邮箱已满
    552 - メールボックスの容量を超えています
    451 4.3.2 System not accepting network messages
    452 4.3.1 Insufficient system storage
    550 5.7.1 TRANSPORT.RULES.RejectMessage; the message was rejected by organization policy
    550 5.7.23 The message was rejected because of Sender Policy Framework violation -> 550 5.7.1 SPF check failed
    550 5.7.509 Access denied, sending domain sender.example does not pass DMARC verification and has a DMARC policy of reject.
    550 - Verification failed for <ann@sender.example>: Sender verify failed
    554 - Your access to this mail system has been rejected due to the sending MTA's poor reputation.
    550 - reverse DNS lookup failed: no PTR record
    550 - Blocked - see https://support.proofpoint.com/dnsbl-lookup.cgi?ip=192.0.2.1
    550 5.6.1 Messages without Date header are not accepted
    554 5.6.1 Body type not supported by Remote Host
    550 5.0.350 Remote server returned an error -> 552 5.2.2 Mailbox is over its storage limit
    """,
)
