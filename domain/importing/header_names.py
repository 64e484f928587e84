"""What the columns of a contact are called in the headers of files: other programs' names, and other languages'."""

import re

from domain.incoming.folding import folded

_NAMES = {
    "email": """
        email; e_mail; mail; email_address; e_mail_address; email_1; e_mail_1; e_mail_1_value; work_email;
        business_email; primary_email; contact_email; person_email; recipient; mail_address; email_adresse;
        e_mail_adresse; mailadresse; mail_adresse; e_mail_geschaftlich; email_geschaftlich; courriel; adresse_e_mail;
        adresse_email; adresse_mail; adresse_electronique; mel; correo; correo_electronico; direccion_de_correo;
        direccion_de_correo_electronico; email_de_contacto; posta_elettronica; indirizzo_email; indirizzo_e_mail;
        indirizzo_mail; e_mailadres; emailadres; mailadres; endereco_de_email; endereco_de_e_mail;
        endereco_eletronico; e_post; epost; e_postadress; sahkoposti; adres_email; adres_e_mail; eposta; e_posta;
        почта; электронная_почта; адрес_электронной_почты; メール; メールアドレス; eメール; 邮箱; 电子邮件; 電子郵件;
        이메일
        """,
    "first_name": """
        first_name; firstname; given_name; forename; christian_name; first; fname; contact_first_name; name_first;
        vorname; rufname; prenom; nombre; nombre_de_pila; primer_nombre; nome; nome_proprio; primeiro_nome; voornaam;
        roepnaam; fornavn; fornamn; etunimi; imie; jmeno; keresztnev; имя; 名; 名字; 이름
        """,
    "last_name": """
        last_name; lastname; surname; family_name; last; lname; contact_last_name; second_name; name_last; nachname;
        familienname; zuname; nom; nom_de_famille; apellido; apellidos; primer_apellido; cognome; achternaam;
        familienaam; sobrenome; apelido; ultimo_nome; etternavn; efternavn; efternamn; sukunimi; nazwisko; prijmeni;
        vezeteknev; soyad; soyadi; фамилия; 姓; 성
        """,
    "full_name": """
        full_name; fullname; name; contact_name; contact; person; person_name; display_name; contact_full_name;
        vollstandiger_name; voller_name; ansprechpartner; kontaktname; nom_complet; nom_et_prenom; prenom_et_nom;
        nombre_completo; nombre_y_apellidos; nombre_y_apellido; nome_completo; nome_e_cognome; volledige_naam; naam;
        navn; namn; nimi; imie_i_nazwisko; фио; полное_имя; 氏名; 名前; お名前; 姓名
        """,
    "job_title": """
        job_title; jobtitle; title; position; role; job; job_position; designation; occupation; berufsbezeichnung;
        funktion; stelle; jobtitel; titre; poste; fonction; titre_du_poste; intitule_du_poste; cargo; puesto;
        puesto_de_trabajo; qualifica; ruolo; posizione; funzione; functie; functietitel; funcao; stanowisko;
        должность; 役職; 职位; 職稱; 직책
        """,
    "company_name": """
        company_name; company; organization; organisation; organization_name; organisation_name; account;
        account_name; employer; business_name; company_account; organization_1_name; current_company; firma;
        firmenname; unternehmen; unternehmensname; societe; entreprise; nom_de_l_entreprise; raison_sociale;
        nom_de_la_societe; empresa; nombre_de_la_empresa; nombre_de_empresa; compania; organizacion; azienda; societa;
        nome_azienda; ragione_sociale; impresa; bedrijf; bedrijfsnaam; organisatie; nome_da_empresa; organizacao;
        foretag; yritys; virksomhed; nazwa_firmy; spolecnost; sirket; компания; организация; 会社; 会社名; 公司;
        公司名称;
        회사;
        회사명
        """,
    "company_domain": """
        company_domain; domain; domain_name; company_domain_name; company_website; website_domain; email_domain;
        domane; firmendomain; domaine; dominio; domein
        """,
    "company_secondary_domain": """
                                    company_secondary_domain; secondary_domain; other_domain; alternative_domain
                                    """,
    "company_size": """
        company_size; employees; headcount; number_of_employees; no_of_employees; num_employees; employee_count;
        company_headcount; organization_size; company_employees; mitarbeiter; mitarbeiterzahl; anzahl_mitarbeiter;
        unternehmensgrosse; firmengrosse; effectif; effectifs; taille_de_l_entreprise; nombre_de_salaries;
        nombre_d_employes; empleados; numero_de_empleados; tamano_de_la_empresa; dipendenti; numero_di_dipendenti;
        dimensione_azienda; medewerkers; aantal_medewerkers; bedrijfsgrootte; funcionarios; numero_de_funcionarios;
        tamanho_da_empresa
        """,
    "industry": """
        industry; sector; company_industry; vertical; branche; industrie; secteur; secteur_d_activite; industria;
        settore; bedrijfstak; setor; branza; отрасль; 業種; 业界; 行业
        """,
    "phone": """
        phone; phone_number; telephone; telephone_number; tel; mobile; mobile_phone; mobile_number; cell; cell_phone;
        work_phone; business_phone; office_phone; direct_phone; work_direct_phone; corporate_phone; phone_1_value;
        contact_phone; primary_phone; telefon; telefonnummer; rufnummer; handy; handynummer; mobiltelefon;
        telefon_geschaftlich; tel_portable; portable; numero_de_telephone; telephone_portable; telefono;
        numero_de_telefono; movil; celular; telefono_movil; cellulare; numero_di_telefono; telefoon; telefoonnummer;
        mobiel; telefone; numero_de_telefone; telemovel; puhelin; mobil; телефон; номер_телефона; 電話; 電話番号; 电话;
        手机;
        전화; 전화번호
        """,
    "phone_type": "phone_type; phone_1_type; phone_label",
    "linkedin_profile": """
        linkedin_profile; linkedin; linkedin_url; linkedin_link; linkedin_profile_url; person_linkedin_url;
        linkedin_contact_profile_url; profile_url; linkedin_profil; profil_linkedin; perfil_de_linkedin;
        profilo_linkedin
        """,
    "twitter_profile": "twitter_profile; twitter; twitter_url; twitter_handle; x_profile; twitter_username",
    "facebook_profile": "facebook_profile; facebook; facebook_url; facebook_link",
    "website": """
        website; url; web; web_site; web_page; webpage; homepage; website_url; webseite; internetseite; site_web;
        site_internet; sitio_web; pagina_web; sito; sito_web; site; сайт; ホームページ; 网站; 網站
        """,
    "country": """
        country; country_region; country_code; mailing_country; contact_country; business_country_region; land; pays;
        pais; paese; nazione; nazionalita; landcode; kraj; zeme; orszag; ulke; maa; страна; 国; 国名; 国家; 國家; 국가
        """,
    "state": """
        state; region; province; state_region; state_province; state_or_province; county; mailing_state;
        business_state; bundesland; kanton; provinz; departement; etat; estado; provincia; comunidad_autonoma;
        regione; provincie; regio; distrito; regiao; wojewodztwo; область; регион; 都道府県; 省; 省份; 州
        """,
    "city": """
        city; town; locality; city_town; mailing_city; business_city; stadt; ort; wohnort; ville; commune; localite;
        ciudad; localidad; poblacion; municipio; citta; localita; comune; stad; plaats; woonplaats; cidade; miasto;
        mesto; varos; sehir; kaupunki; город; 市; 市区町村; 城市; 도시
        """,
    "postal_code": """
        postal_code; zip; zip_code; zipcode; postcode; post_code; zip_postal_code; mailing_zip_postal_code; plz;
        postleitzahl; code_postal; codigo_postal; cp; cap; codice_postale; codice_di_avviamento_postale; cep;
        kod_pocztowy; psc; postnummer; postnr; индекс; почтовый_индекс; 郵便番号; 邮编; 邮政编码; 우편번호
        """,
    "timezone": """
        timezone; time_zone; tz; iana_timezone; zeitzone; fuseau_horaire; zona_horaria; huso_horario; fuso_orario;
        tijdzone; fuso_horario; часовой_пояс
        """,
    "seniority": "seniority; seniority_level; management_level; job_level; hierarchieebene; niveau_hierarchique",
    "department": """
        department; departments; job_function; function; division; abteilung; bereich; departamento; reparto;
        dipartimento; ufficio; afdeling; dzial; отдел; 部署; 部门
        """,
    "do_not_contact": """
        do_not_contact; opt_out; optout; opted_out; dnc; do_not_email; email_opt_out; unsubscribed_from_all_email;
        nicht_kontaktieren; ne_pas_contacter; no_contactar; non_contattare; niet_benaderen; nao_contatar
        """,
}


def plain(name: str) -> str:
    """A header as it is looked up: no case, no accents, an underscore for all that is no letter and no digit."""
    return re.sub(r"[\W_]+", "_", folded(name)).strip("_")


_FIELDS = {plain(word): field for field, words in _NAMES.items() for word in words.split(";") if word.strip()}


def field_named(name: str) -> str | None:
    """The column of a contact, or ``full_name``, that a header names; None when it names none that we know."""
    return _FIELDS.get(plain(name))
