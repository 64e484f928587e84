"""What we added to the product's data model: labels and columns beside its own, and tables that it lacks."""

from tests.db.catalog import Table, table

# Labels that stand after those of the type.
LABELS = {
    "enrollment_status_enum": ("failed",),
    "completion_reason_enum": ("replied",),
}

ENUMS = {
    "connection_security_enum": ("none", "starttls", "tls"),
    "email_account_status_enum": ("active", "paused", "error"),
    "email_message_status_enum": ("claimed", "sending", "sent", "failed", "unknown"),
    "import_verdict_enum": ("created", "updated", "skipped", "invalid"),
    "enrichment_lookup_enum": ("verification", "person", "company"),
    "enrichment_outcome_enum": (
        "found", "not_found", "not_ready", "refused", "unauthorised", "out_of_credits", "rate_limited", "unavailable",
        "unknown",
    ),
    "enrichment_provider_enum": ("hunter", "clearbit", "linkedin", "zoominfo", "manual"),
    "inbound_kind_enum": ("complaint", "bounce", "auto_reply", "reply", "unparseable"),
    "job_kind_enum": (
        "contact_import", "import_undo", "contacts_update", "contacts_delete", "list_refresh",
    ),
    "job_status_enum": ("queued", "running", "completed", "failed", "cancelled"),
    "mailbox_auth_enum": ("password", "xoauth2"),
    "provider_state_enum": ("ok", "unauthorised", "out_of_credits", "over_budget", "rate_limited", "unavailable"),
    "send_blocker_enum": (
        "delay", "window", "holiday", "mailbox_limit", "mailbox_gap", "mailbox_away", "sequence_cap", "throttle",
        "domain_cap", "contact_cap", "follow_ups",
        "mailbox_error", "mailbox_paused", "sequence_paused", "paused", "missing_variable", "retry", "task", "no_slot",
        "out_of_office",
    ),
    "step_outcome_enum": ("executed", "skipped", "failed"),
    "task_status_enum": ("open", "completed", "skipped", "cancelled"),
    "task_type_enum": ("task", "linkedin", "call"),
    "timezone_source_enum": ("unknown", "derived", "given"),
    "waiting_reason_enum": (
        "paused", "sequence_paused", "missing_variable", "mailbox_error", "retry", "task", "no_slot", "out_of_office",
    ),
}  # fmt: skip

# Columns that stand after those of the table, with their constraints and indexes.
ADDITIONS: dict[str, Table] = {
    "contacts": table(
        columns="""
            timezone_source timezone_source_enum NOT NULL DEFAULT 'unknown'::timezone_source_enum
            field_sources jsonb
        """,
        constraints="",
        indexes="""
            CREATE INDEX idx_contacts_customer_company ON public.contacts USING btree (customer_id, company_name, id)
            CREATE INDEX idx_contacts_customer_created ON public.contacts USING btree (customer_id, created_at DESC, id DESC)
            CREATE INDEX idx_contacts_customer_name ON public.contacts USING btree (customer_id, full_name, id)
            CREATE INDEX idx_contacts_linkedin ON public.contacts USING btree (customer_id, lower(rtrim(split_part(split_part((linkedin_profile)::text, 'linkedin.com/'::text, '-1'::integer), '?'::text, 1), '/'::text))) WHERE (linkedin_profile IS NOT NULL)
            CREATE INDEX idx_contacts_mailbox ON public.contacts USING btree (customer_id, replace(split_part(split_part((email)::text, '@'::text, 1), '+'::text, 1), '.'::text, ''::text)) WHERE (((email)::text ~~ '%+%'::text) OR ((email)::text ~~ '%@gmail.com'::text) OR ((email)::text ~~ '%@googlemail.com'::text))
            CREATE INDEX idx_contacts_phone ON public.contacts USING btree (customer_id, phone) WHERE (phone IS NOT NULL)
            CREATE INDEX idx_contacts_search ON public.contacts USING gin (lower((((((' '::text || (COALESCE(first_name, ''::character varying))::text) || ' '::text) || (COALESCE(last_name, ''::character varying))::text) || ' '::text) || (COALESCE(company_name, ''::character varying))::text)) gin_trgm_ops)
        """,  # noqa: E501
    ),
    "contact_lists": table(
        columns="""
            enroll_sequence_id uuid
            depends_on text[] NOT NULL DEFAULT '{}'::text[]
        """,
        constraints="FOREIGN KEY (enroll_sequence_id) REFERENCES sequences(id) ON DELETE SET NULL",
        indexes="""
            CREATE INDEX idx_contact_lists_customer_created ON public.contact_lists USING btree (customer_id, created_at DESC, id DESC)
            CREATE INDEX idx_contact_lists_dynamic ON public.contact_lists USING btree (customer_id) WHERE (type = 'dynamic'::list_type_enum)
            CREATE INDEX idx_contact_lists_enroll_sequence ON public.contact_lists USING btree (enroll_sequence_id) WHERE (enroll_sequence_id IS NOT NULL)
        """,  # noqa: E501
    ),
    "contact_list_memberships": table(
        columns="""
            customer_id uuid NOT NULL
            counted_active boolean NOT NULL DEFAULT false
            awaits_enrollment boolean NOT NULL DEFAULT false
        """,
        constraints="FOREIGN KEY (customer_id) REFERENCES customers(id)",
        indexes="""
            CREATE INDEX idx_list_memberships_awaiting ON public.contact_list_memberships USING btree (list_id) WHERE awaits_enrollment
        """,  # noqa: E501
    ),
    "contact_activities": table(
        columns="""
            external_id character varying(255)
            enrollment_id uuid
        """,
        constraints="",
        indexes="""
            CREATE INDEX idx_contact_activities_contact_occurred ON public.contact_activities USING btree (contact_id, occurred_at)
            CREATE INDEX idx_contact_activities_external_id ON public.contact_activities USING btree (customer_id, external_id) WHERE (external_id IS NOT NULL)
        """,  # noqa: E501
    ),
    "contact_suppression_lists": table(
        columns="erased_at timestamp with time zone",
        constraints="",
        indexes="""
            CREATE INDEX idx_suppression_lists_customer_suppressed ON public.contact_suppression_lists USING btree (customer_id, suppressed_at DESC, id DESC)
            CREATE INDEX idx_suppression_lists_erased ON public.contact_suppression_lists USING btree (customer_id, email) WHERE (erased_at IS NOT NULL)
        """,  # noqa: E501
    ),
    "contact_enrichment_queue": table(
        columns="""
            customer_id uuid NOT NULL
            asked text[] NOT NULL DEFAULT '{}'::text[]
            tries integer NOT NULL DEFAULT 0
            next_try_at timestamp with time zone NOT NULL DEFAULT now()
            error_code character varying(50)
        """,
        constraints="FOREIGN KEY (customer_id) REFERENCES customers(id)",
        indexes="""
            CREATE INDEX idx_enrichment_queue_open ON public.contact_enrichment_queue USING btree (customer_id, priority DESC, queued_at, id) WHERE (status = ANY (ARRAY['pending'::enrichment_status_enum, 'processing'::enrichment_status_enum]))
            CREATE INDEX idx_enrichment_queue_due ON public.contact_enrichment_queue USING btree (customer_id, next_try_at) WHERE (status = ANY (ARRAY['pending'::enrichment_status_enum, 'processing'::enrichment_status_enum]))
            CREATE INDEX idx_enrichment_queue_asked ON public.contact_enrichment_queue USING btree (customer_id) WHERE ((status = 'pending'::enrichment_status_enum) AND (asked <> '{}'::text[]))
            CREATE INDEX idx_enrichment_queue_contact ON public.contact_enrichment_queue USING btree (contact_id)
            CREATE INDEX idx_enrichment_queue_customer_queued ON public.contact_enrichment_queue USING btree (customer_id, queued_at DESC, id DESC)
        """,  # noqa: E501
    ),
    "sequences": table(
        columns="""
            use_contact_timezone boolean NOT NULL DEFAULT false
            sending_hours jsonb
            follow_up_hours jsonb
            holiday_country character varying(2)
            holiday_dates date[] NOT NULL DEFAULT '{}'::date[]
            running_since timestamp with time zone
            pause_reason text
            track_opens boolean NOT NULL DEFAULT true
            track_clicks boolean NOT NULL DEFAULT true
        """,
        constraints="",
    ),
    "sequence_steps": table(
        columns="""
            customer_id uuid NOT NULL
            times_failed integer NOT NULL DEFAULT 0
            times_bounced integer NOT NULL DEFAULT 0
        """,
        constraints="FOREIGN KEY (customer_id) REFERENCES customers(id)",
    ),
    "sequence_enrollments": table(
        columns="""
            customer_id uuid NOT NULL
            email_account_id uuid
            waiting_reason waiting_reason_enum
            paused_at timestamp with time zone
            resume_at timestamp with time zone
            remaining_seconds double precision
            last_error text
            delay_from timestamp with time zone
            delay_until timestamp with time zone
        """,
        constraints="""
            FOREIGN KEY (customer_id) REFERENCES customers(id)
            FOREIGN KEY (email_account_id) REFERENCES email_accounts(id)
        """,
        indexes="""
            CREATE INDEX idx_enrollments_customer_enrolled ON public.sequence_enrollments USING btree (customer_id, enrolled_at DESC, id DESC)
            CREATE INDEX idx_enrollments_active_email_account ON public.sequence_enrollments USING btree (email_account_id) WHERE (status = 'active'::enrollment_status_enum)
        """,  # noqa: E501
    ),
}

TABLES: dict[str, Table] = {
    "enrichment_providers": table(
        columns="""
            id uuid NOT NULL DEFAULT uuidv7()
            customer_id uuid NOT NULL
            workspace_id uuid NOT NULL
            provider enrichment_provider_enum NOT NULL
            enabled boolean NOT NULL DEFAULT true
            rank integer NOT NULL DEFAULT 100
            credentials_encrypted bytea NOT NULL
            base_url character varying(500)
            fields text[]
            overwrites text[] NOT NULL DEFAULT '{}'::text[]
            daily_budget integer
            monthly_budget integer
            state provider_state_enum NOT NULL DEFAULT 'ok'::provider_state_enum
            state_detail text
            failures integer NOT NULL DEFAULT 0
            available_at timestamp with time zone NOT NULL DEFAULT now()
            access_token_encrypted bytea
            access_expires_at timestamp with time zone
            created_at timestamp with time zone NOT NULL DEFAULT now()
            updated_at timestamp with time zone NOT NULL DEFAULT now()
        """,
        constraints="""
            PRIMARY KEY (id)
            UNIQUE (workspace_id, provider)
            FOREIGN KEY (customer_id) REFERENCES customers(id)
            FOREIGN KEY (workspace_id) REFERENCES workspaces(id) ON DELETE CASCADE
        """,
    ),
    "enrichment_answers": table(
        columns="""
            id uuid NOT NULL DEFAULT uuidv7()
            customer_id uuid NOT NULL
            provider enrichment_provider_enum NOT NULL
            lookup enrichment_lookup_enum NOT NULL
            asked_hash bytea NOT NULL
            contact_id uuid
            fields jsonb
            fetched_at timestamp with time zone NOT NULL
            expires_at timestamp with time zone NOT NULL
        """,
        constraints="""
            PRIMARY KEY (id)
            UNIQUE (customer_id, provider, lookup, asked_hash)
            FOREIGN KEY (customer_id) REFERENCES customers(id)
            FOREIGN KEY (contact_id) REFERENCES contacts(id) ON DELETE CASCADE
        """,
        indexes="""
            CREATE INDEX idx_enrichment_answers_contact ON public.enrichment_answers USING btree (contact_id) WHERE (contact_id IS NOT NULL)
        """,  # noqa: E501
    ),
    "enrichment_calls": table(
        columns="""
            id uuid NOT NULL DEFAULT uuidv7()
            customer_id uuid NOT NULL
            workspace_id uuid NOT NULL
            provider enrichment_provider_enum NOT NULL
            queue_id uuid
            lookup enrichment_lookup_enum NOT NULL
            credits integer NOT NULL
            outcome enrichment_outcome_enum
            status_code integer
            asked_at timestamp with time zone NOT NULL
            answered_at timestamp with time zone
        """,
        constraints="""
            PRIMARY KEY (id)
            FOREIGN KEY (customer_id) REFERENCES customers(id)
            FOREIGN KEY (workspace_id) REFERENCES workspaces(id) ON DELETE CASCADE
            FOREIGN KEY (queue_id) REFERENCES contact_enrichment_queue(id) ON DELETE SET NULL
        """,
        indexes="""
            CREATE INDEX idx_enrichment_calls_asked ON public.enrichment_calls USING btree (workspace_id, provider, asked_at) INCLUDE (credits)
            CREATE INDEX idx_enrichment_calls_queue ON public.enrichment_calls USING btree (queue_id) WHERE (queue_id IS NOT NULL)
        """,  # noqa: E501
    ),
    "contact_list_queue": table(
        columns="""
            id bigint NOT NULL GENERATED ALWAYS AS IDENTITY
            customer_id uuid NOT NULL
            contact_id uuid
            list_id uuid
            after_xid bigint NOT NULL DEFAULT 0
        """,
        constraints="PRIMARY KEY (id)",
        indexes="""
            CREATE INDEX idx_contact_list_queue_customer ON public.contact_list_queue USING btree (customer_id, id)
        """,
    ),
    "contact_list_changes": table(
        columns="""
            id uuid NOT NULL DEFAULT uuidv7()
            customer_id uuid NOT NULL
            list_id uuid NOT NULL
            contact_id uuid NOT NULL
            joined boolean NOT NULL
            source membership_source_enum NOT NULL
            changed_at timestamp with time zone NOT NULL
            changed_by uuid
        """,
        constraints="""
            PRIMARY KEY (id)
            FOREIGN KEY (customer_id) REFERENCES customers(id)
            FOREIGN KEY (list_id) REFERENCES contact_lists(id) ON DELETE CASCADE
            FOREIGN KEY (contact_id) REFERENCES contacts(id) ON DELETE CASCADE
            FOREIGN KEY (changed_by) REFERENCES users(id)
        """,
        indexes="""
            CREATE INDEX idx_contact_list_changes_list ON public.contact_list_changes USING btree (list_id, changed_at DESC, id DESC)
            CREATE INDEX idx_contact_list_changes_contact ON public.contact_list_changes USING btree (contact_id)
        """,  # noqa: E501
    ),
    "customers": table(
        columns="""
            id uuid NOT NULL DEFAULT uuidv7()
            name character varying(255) NOT NULL
            created_at timestamp with time zone NOT NULL DEFAULT now()
        """,
        constraints="""
            PRIMARY KEY (id)
            UNIQUE (name)
        """,
    ),
    "workspaces": table(
        columns="""
            id uuid NOT NULL DEFAULT uuidv7()
            customer_id uuid NOT NULL
            name character varying(255) NOT NULL
            postal_address text
            recipient_domain_daily_cap integer
            contact_daily_cap integer
            out_of_office_days integer NOT NULL DEFAULT 7
            same_company_stop boolean NOT NULL DEFAULT false
            holiday_country character varying(2)
            holiday_dates date[] NOT NULL DEFAULT '{}'::date[]
            free_mail_domains text[] NOT NULL DEFAULT '{}'::text[]
            created_at timestamp with time zone NOT NULL DEFAULT now()
            updated_at timestamp with time zone NOT NULL DEFAULT now()
            timezone character varying(50) NOT NULL DEFAULT 'UTC'::character varying
            soft_bounce_limit integer NOT NULL DEFAULT 3
            soft_bounce_days integer NOT NULL DEFAULT 30
        """,
        constraints="""
            PRIMARY KEY (id)
            UNIQUE (customer_id, name)
            FOREIGN KEY (customer_id) REFERENCES customers(id)
        """,
    ),
    "users": table(
        columns="""
            id uuid NOT NULL DEFAULT uuidv7()
            customer_id uuid NOT NULL
            email character varying(255) NOT NULL
            name character varying(255)
            created_at timestamp with time zone NOT NULL DEFAULT now()
        """,
        constraints="""
            PRIMARY KEY (id)
            UNIQUE (customer_id, email)
            FOREIGN KEY (customer_id) REFERENCES customers(id)
        """,
    ),
    "api_keys": table(
        columns="""
            id uuid NOT NULL DEFAULT uuidv7()
            customer_id uuid NOT NULL
            workspace_id uuid NOT NULL
            user_id uuid NOT NULL
            name character varying(255)
            prefix character varying(16) NOT NULL
            key_hash bytea NOT NULL
            created_at timestamp with time zone NOT NULL DEFAULT now()
            last_used_at timestamp with time zone
            revoked_at timestamp with time zone
        """,
        constraints="""
            PRIMARY KEY (id)
            UNIQUE (key_hash)
            FOREIGN KEY (customer_id) REFERENCES customers(id)
            FOREIGN KEY (workspace_id) REFERENCES workspaces(id)
            FOREIGN KEY (user_id) REFERENCES users(id)
        """,
    ),
    "email_accounts": table(
        columns="""
            id uuid NOT NULL DEFAULT uuidv7()
            customer_id uuid NOT NULL
            workspace_id uuid NOT NULL
            email character varying(255) NOT NULL
            from_name character varying(255)
            smtp_host character varying(255) NOT NULL
            smtp_port integer NOT NULL
            smtp_security connection_security_enum NOT NULL DEFAULT 'starttls'::connection_security_enum
            smtp_username character varying(255)
            smtp_password_encrypted bytea
            imap_host character varying(255)
            imap_port integer
            imap_security connection_security_enum NOT NULL DEFAULT 'tls'::connection_security_enum
            imap_username character varying(255)
            imap_password_encrypted bytea
            daily_limit integer NOT NULL DEFAULT 200
            min_gap_seconds integer NOT NULL DEFAULT 60
            status email_account_status_enum NOT NULL DEFAULT 'active'::email_account_status_enum
            last_error text
            imap_uidvalidity bigint
            imap_last_uid bigint NOT NULL DEFAULT 0
            last_polled_at timestamp with time zone
            created_by uuid
            created_at timestamp with time zone NOT NULL DEFAULT now()
            updated_at timestamp with time zone NOT NULL DEFAULT now()
            gap_jitter_seconds integer NOT NULL DEFAULT 0
            ramp_up_start integer
            ramp_up_per_day integer
            ramp_up_from date
            away_from date
            away_until date
            auth_method mailbox_auth_enum NOT NULL DEFAULT 'password'::mailbox_auth_enum
            oauth_token_url text
            oauth_client_id text
            oauth_client_secret_encrypted bytea
            oauth_scope text
            oauth_refresh_token_encrypted bytea
            oauth_access_token_encrypted bytea
            oauth_expires_at timestamp with time zone
            dkim_domain character varying(255)
            dkim_selector character varying(255)
            dkim_private_key_encrypted bytea
            domain_report jsonb
            domain_checked_at timestamp with time zone
            bounce_address character varying(255)
            policy_error text
            policy_error_at timestamp with time zone
        """,
        constraints="""
            PRIMARY KEY (id)
            UNIQUE (customer_id, email)
            FOREIGN KEY (customer_id) REFERENCES customers(id)
            FOREIGN KEY (workspace_id) REFERENCES workspaces(id)
            FOREIGN KEY (created_by) REFERENCES users(id)
        """,
    ),
    "sequence_step_executions": table(
        columns="""
            id uuid NOT NULL DEFAULT uuidv7()
            customer_id uuid NOT NULL
            enrollment_id uuid NOT NULL
            sequence_step_id uuid NOT NULL
            outcome step_outcome_enum NOT NULL
            branch boolean
            executed_at timestamp with time zone NOT NULL
        """,
        constraints="""
            PRIMARY KEY (id)
            UNIQUE (enrollment_id, sequence_step_id)
            FOREIGN KEY (customer_id) REFERENCES customers(id)
            FOREIGN KEY (enrollment_id) REFERENCES sequence_enrollments(id) ON DELETE CASCADE
            FOREIGN KEY (sequence_step_id) REFERENCES sequence_steps(id) ON DELETE CASCADE
        """,
    ),
    "sequence_email_accounts": table(
        columns="""
            sequence_id uuid NOT NULL
            email_account_id uuid NOT NULL
            customer_id uuid NOT NULL
        """,
        constraints="""
            PRIMARY KEY (sequence_id, email_account_id)
            FOREIGN KEY (sequence_id) REFERENCES sequences(id) ON DELETE CASCADE
            FOREIGN KEY (email_account_id) REFERENCES email_accounts(id)
            FOREIGN KEY (customer_id) REFERENCES customers(id)
        """,
        indexes="""
            CREATE INDEX idx_sequence_email_accounts_account ON public.sequence_email_accounts USING btree (email_account_id)
        """,  # noqa: E501
    ),
    "send_slots": table(
        columns="""
            id uuid NOT NULL DEFAULT uuidv7()
            customer_id uuid NOT NULL
            workspace_id uuid NOT NULL
            email_account_id uuid NOT NULL
            sequence_id uuid
            sequence_step_id uuid
            enrollment_id uuid
            contact_id uuid
            recipient_domain text
            slot_at timestamp with time zone NOT NULL
            due_at timestamp with time zone NOT NULL
            open_until timestamp with time zone NOT NULL
            day date NOT NULL
            sequence_day date NOT NULL
            follow_up boolean NOT NULL
            begun boolean NOT NULL DEFAULT false
            blocker send_blocker_enum
            used_at timestamp with time zone
        """,
        constraints="""
            PRIMARY KEY (id)
            UNIQUE (enrollment_id, sequence_step_id)
            FOREIGN KEY (customer_id) REFERENCES customers(id)
            FOREIGN KEY (workspace_id) REFERENCES workspaces(id)
            FOREIGN KEY (email_account_id) REFERENCES email_accounts(id)
            FOREIGN KEY (sequence_id) REFERENCES sequences(id) ON DELETE SET NULL
            FOREIGN KEY (sequence_step_id) REFERENCES sequence_steps(id) ON DELETE SET NULL
            FOREIGN KEY (enrollment_id) REFERENCES sequence_enrollments(id) ON DELETE SET NULL
            FOREIGN KEY (contact_id) REFERENCES contacts(id) ON DELETE SET NULL
        """,
        indexes="""
            CREATE INDEX idx_send_slots_account_slot ON public.send_slots USING btree (email_account_id, slot_at)
            CREATE INDEX idx_send_slots_account_used ON public.send_slots USING btree (email_account_id, used_at) WHERE (used_at IS NOT NULL)
            CREATE INDEX idx_send_slots_account_day ON public.send_slots USING btree (email_account_id, day)
            CREATE INDEX idx_send_slots_sequence_day ON public.send_slots USING btree (sequence_id, sequence_day)
            CREATE INDEX idx_send_slots_workspace_domain_day ON public.send_slots USING btree (workspace_id, recipient_domain, day)
            CREATE INDEX idx_send_slots_contact_day ON public.send_slots USING btree (contact_id, day)
            CREATE INDEX idx_send_slots_step ON public.send_slots USING btree (sequence_step_id)
        """,  # noqa: E501
    ),
    "email_messages": table(
        columns="""
            id uuid NOT NULL DEFAULT uuidv7()
            customer_id uuid NOT NULL
            workspace_id uuid NOT NULL
            enrollment_id uuid
            sequence_id uuid
            sequence_step_id uuid
            contact_id uuid NOT NULL
            email_account_id uuid NOT NULL
            status email_message_status_enum NOT NULL DEFAULT 'claimed'::email_message_status_enum
            message_id text NOT NULL
            provider_message_id text
            in_reply_to text
            to_address character varying(255) NOT NULL
            subject text
            body_text text
            body_html text
            variant_id character varying(100)
            claim_token uuid NOT NULL
            attempts integer NOT NULL DEFAULT 1
            claimed_at timestamp with time zone NOT NULL
            sending_at timestamp with time zone
            sent_at timestamp with time zone
            failed_at timestamp with time zone
            smtp_code integer
            smtp_response text
            created_at timestamp with time zone NOT NULL DEFAULT now()
            opened_at timestamp with time zone
            clicked_at timestamp with time zone
            replied_at timestamp with time zone
            bounced_at timestamp with time zone
            settled_by uuid
        """,
        constraints="""
            PRIMARY KEY (id)
            UNIQUE (message_id)
            UNIQUE (enrollment_id, sequence_step_id)
            FOREIGN KEY (customer_id) REFERENCES customers(id)
            FOREIGN KEY (workspace_id) REFERENCES workspaces(id)
            FOREIGN KEY (enrollment_id) REFERENCES sequence_enrollments(id) ON DELETE SET NULL
            FOREIGN KEY (sequence_id) REFERENCES sequences(id) ON DELETE SET NULL
            FOREIGN KEY (sequence_step_id) REFERENCES sequence_steps(id) ON DELETE SET NULL
            FOREIGN KEY (contact_id) REFERENCES contacts(id) ON DELETE CASCADE
            FOREIGN KEY (email_account_id) REFERENCES email_accounts(id)
            FOREIGN KEY (settled_by) REFERENCES users(id)
        """,
        indexes="""
            CREATE INDEX idx_email_messages_account_to ON public.email_messages USING btree (email_account_id, to_address)
            CREATE INDEX idx_email_messages_contact ON public.email_messages USING btree (contact_id)
            CREATE INDEX idx_email_messages_account_sent ON public.email_messages USING btree (email_account_id, sent_at)
            CREATE INDEX idx_email_messages_customer_created ON public.email_messages USING btree (customer_id, created_at, id)
            CREATE INDEX idx_email_messages_provider_message_id ON public.email_messages USING btree (provider_message_id) WHERE (provider_message_id IS NOT NULL)
            CREATE INDEX idx_email_messages_unknown ON public.email_messages USING btree (email_account_id, sending_at) WHERE (status = 'unknown'::email_message_status_enum)
        """,  # noqa: E501
    ),
    "inbound_messages": table(
        columns="""
            id uuid NOT NULL DEFAULT uuidv7()
            customer_id uuid NOT NULL
            email_account_id uuid NOT NULL
            uidvalidity bigint NOT NULL
            uid bigint NOT NULL
            message_id text
            received_at timestamp with time zone NOT NULL
            from_address character varying(255)
            subject text
            kind inbound_kind_enum NOT NULL
            email_message_id uuid
            contact_id uuid
            enrollment_id uuid
            body_text text
            raw bytea
            created_at timestamp with time zone NOT NULL DEFAULT now()
            matched_by character varying(20)
            absent_until date
            needs_review boolean NOT NULL DEFAULT false
            reviewed_at timestamp with time zone
            reviewed_by uuid
        """,
        constraints="""
            PRIMARY KEY (id)
            UNIQUE (email_account_id, uidvalidity, uid)
            FOREIGN KEY (customer_id) REFERENCES customers(id)
            FOREIGN KEY (email_account_id) REFERENCES email_accounts(id)
            FOREIGN KEY (email_message_id) REFERENCES email_messages(id) ON DELETE SET NULL
            FOREIGN KEY (contact_id) REFERENCES contacts(id) ON DELETE CASCADE
            FOREIGN KEY (enrollment_id) REFERENCES sequence_enrollments(id) ON DELETE SET NULL
            FOREIGN KEY (reviewed_by) REFERENCES users(id)
        """,
        indexes="""
            CREATE INDEX idx_inbound_messages_account_message_id ON public.inbound_messages USING btree (email_account_id, message_id)
            CREATE INDEX idx_inbound_messages_contact ON public.inbound_messages USING btree (contact_id)
            CREATE INDEX idx_inbound_messages_customer_received ON public.inbound_messages USING btree (customer_id, received_at, id)
            CREATE INDEX idx_inbound_messages_review ON public.inbound_messages USING btree (customer_id, received_at) WHERE needs_review
        """,  # noqa: E501
    ),
    "tracked_links": table(
        columns="""
            id bigint NOT NULL GENERATED ALWAYS AS IDENTITY
            customer_id uuid NOT NULL
            url text NOT NULL
            url_hash bytea NOT NULL
            created_at timestamp with time zone NOT NULL DEFAULT now()
        """,
        constraints="""
            PRIMARY KEY (id)
            UNIQUE (customer_id, url_hash)
            FOREIGN KEY (customer_id) REFERENCES customers(id)
        """,
    ),
    "provider_events": table(
        columns="""
            id uuid NOT NULL DEFAULT uuidv7()
            customer_id uuid NOT NULL
            workspace_id uuid NOT NULL
            provider character varying(50) NOT NULL
            external_id character varying(255) NOT NULL
            event_type character varying(50) NOT NULL
            occurred_at timestamp with time zone NOT NULL
            received_at timestamp with time zone NOT NULL
            email_message_id uuid
            payload jsonb NOT NULL
        """,
        constraints="""
            PRIMARY KEY (id)
            UNIQUE (customer_id, provider, external_id)
            FOREIGN KEY (customer_id) REFERENCES customers(id)
            FOREIGN KEY (workspace_id) REFERENCES workspaces(id)
            FOREIGN KEY (email_message_id) REFERENCES email_messages(id) ON DELETE SET NULL
        """,
        indexes="""
            CREATE INDEX idx_provider_events_customer_received ON public.provider_events USING btree (customer_id, received_at, id)
            CREATE INDEX idx_provider_events_message ON public.provider_events USING btree (email_message_id)
        """,  # noqa: E501
    ),
    "tasks": table(
        columns="""
            id uuid NOT NULL DEFAULT uuidv7()
            customer_id uuid NOT NULL
            workspace_id uuid NOT NULL
            enrollment_id uuid NOT NULL
            sequence_step_id uuid
            contact_id uuid NOT NULL
            task_type task_type_enum NOT NULL
            title text NOT NULL
            description text
            linkedin_action linkedin_action_enum
            assignee_id uuid
            due_at timestamp with time zone
            status task_status_enum NOT NULL DEFAULT 'open'::task_status_enum
            outcome character varying(100)
            notes text
            created_at timestamp with time zone NOT NULL DEFAULT now()
            completed_at timestamp with time zone
            completed_by uuid
        """,
        constraints="""
            PRIMARY KEY (id)
            UNIQUE (enrollment_id, sequence_step_id)
            FOREIGN KEY (customer_id) REFERENCES customers(id)
            FOREIGN KEY (workspace_id) REFERENCES workspaces(id)
            FOREIGN KEY (enrollment_id) REFERENCES sequence_enrollments(id) ON DELETE CASCADE
            FOREIGN KEY (sequence_step_id) REFERENCES sequence_steps(id) ON DELETE SET NULL
            FOREIGN KEY (contact_id) REFERENCES contacts(id) ON DELETE CASCADE
            FOREIGN KEY (assignee_id) REFERENCES users(id)
            FOREIGN KEY (completed_by) REFERENCES users(id)
        """,
        indexes="""
            CREATE INDEX idx_tasks_customer_status_due ON public.tasks USING btree (customer_id, status, due_at)
        """,
    ),
    "outbox": table(
        columns="""
            id bigint NOT NULL GENERATED ALWAYS AS IDENTITY
            customer_id uuid NOT NULL
            topic character varying(50) NOT NULL
            subject_id uuid NOT NULL
            payload jsonb NOT NULL DEFAULT '{}'::jsonb
            created_at timestamp with time zone NOT NULL DEFAULT now()
            attempts integer NOT NULL DEFAULT 0
            next_attempt_at timestamp with time zone NOT NULL DEFAULT now()
            last_error text
        """,
        constraints="""
            PRIMARY KEY (id)
            FOREIGN KEY (customer_id) REFERENCES customers(id)
        """,
        indexes="""
            CREATE INDEX idx_outbox_next_attempt ON public.outbox USING btree (next_attempt_at, id)
            CREATE INDEX idx_outbox_subject ON public.outbox USING btree (subject_id)
        """,
    ),
    "idempotency_keys": table(
        columns="""
            customer_id uuid NOT NULL
            key character varying(255) NOT NULL
            method character varying(10) NOT NULL
            path text NOT NULL
            request_hash bytea NOT NULL
            status_code integer
            headers jsonb
            body bytea
            created_at timestamp with time zone NOT NULL DEFAULT now()
        """,
        constraints="""
            PRIMARY KEY (customer_id, key)
            FOREIGN KEY (customer_id) REFERENCES customers(id)
        """,
    ),
    "audit_events": table(
        columns="""
            id uuid NOT NULL DEFAULT uuidv7()
            customer_id uuid NOT NULL
            workspace_id uuid
            user_id uuid
            action character varying(100) NOT NULL
            subject character varying(50) NOT NULL
            subject_id uuid
            address_hash character varying(100)
            details jsonb NOT NULL DEFAULT '{}'::jsonb
            occurred_at timestamp with time zone NOT NULL
        """,
        constraints="""
            PRIMARY KEY (id)
            FOREIGN KEY (customer_id) REFERENCES customers(id)
            FOREIGN KEY (workspace_id) REFERENCES workspaces(id)
            FOREIGN KEY (user_id) REFERENCES users(id)
        """,
        indexes="""
            CREATE INDEX idx_audit_events_customer_occurred ON public.audit_events USING btree (customer_id, occurred_at DESC, id DESC)
            CREATE INDEX idx_audit_events_address ON public.audit_events USING btree (customer_id, address_hash) WHERE (address_hash IS NOT NULL)
        """,  # noqa: E501
    ),
    "jobs": table(
        columns="""
            id uuid NOT NULL DEFAULT uuidv7()
            customer_id uuid NOT NULL
            workspace_id uuid NOT NULL
            created_by uuid
            kind job_kind_enum NOT NULL
            status job_status_enum NOT NULL DEFAULT 'queued'::job_status_enum
            parameters jsonb NOT NULL DEFAULT '{}'::jsonb
            total integer
            done integer NOT NULL DEFAULT 0
            cursor jsonb
            result jsonb
            error text
            created_at timestamp with time zone NOT NULL DEFAULT now()
            started_at timestamp with time zone
            finished_at timestamp with time zone
            cancel_requested_at timestamp with time zone
            failures integer NOT NULL DEFAULT 0
        """,
        constraints="""
            PRIMARY KEY (id)
            FOREIGN KEY (customer_id) REFERENCES customers(id)
            FOREIGN KEY (workspace_id) REFERENCES workspaces(id)
            FOREIGN KEY (created_by) REFERENCES users(id)
        """,
        indexes="""
            CREATE INDEX idx_jobs_customer_created ON public.jobs USING btree (customer_id, created_at DESC, id DESC)
        """,
    ),
    "contact_imports": table(
        columns="""
            id uuid NOT NULL DEFAULT uuidv7()
            customer_id uuid NOT NULL
            workspace_id uuid NOT NULL
            created_by uuid
            file_name character varying(255)
            size bigint NOT NULL DEFAULT 0
            lines integer NOT NULL DEFAULT 0
            told jsonb
            file_forgotten_at timestamp with time zone
            job_id uuid
            undo_job_id uuid
            created integer NOT NULL DEFAULT 0
            updated integer NOT NULL DEFAULT 0
            skipped integer NOT NULL DEFAULT 0
            invalid integer NOT NULL DEFAULT 0
            created_at timestamp with time zone NOT NULL DEFAULT now()
        """,
        constraints="""
            PRIMARY KEY (id)
            FOREIGN KEY (customer_id) REFERENCES customers(id)
            FOREIGN KEY (workspace_id) REFERENCES workspaces(id)
            FOREIGN KEY (created_by) REFERENCES users(id)
            FOREIGN KEY (job_id) REFERENCES jobs(id)
            FOREIGN KEY (undo_job_id) REFERENCES jobs(id)
        """,
        indexes="""
            CREATE INDEX idx_contact_imports_customer_created ON public.contact_imports USING btree (customer_id, created_at DESC, id DESC)
        """,  # noqa: E501
    ),
    "contact_import_pieces": table(
        columns="""
            import_id uuid NOT NULL
            number integer NOT NULL
            customer_id uuid NOT NULL
            content bytea NOT NULL
        """,
        constraints="""
            PRIMARY KEY (import_id, number)
            FOREIGN KEY (import_id) REFERENCES contact_imports(id) ON DELETE CASCADE
            FOREIGN KEY (customer_id) REFERENCES customers(id)
        """,
    ),
    "contact_import_batches": table(
        columns="""
            import_id uuid NOT NULL
            number integer NOT NULL
            customer_id uuid NOT NULL
            lines integer[] NOT NULL
            verdicts import_verdict_enum[] NOT NULL
            contact_ids uuid[] NOT NULL
            remarks jsonb NOT NULL DEFAULT '{}'::jsonb
            landed_at timestamp with time zone NOT NULL
            recorded_at timestamp with time zone
        """,
        constraints="""
            PRIMARY KEY (import_id, number)
            FOREIGN KEY (import_id) REFERENCES contact_imports(id) ON DELETE CASCADE
            FOREIGN KEY (customer_id) REFERENCES customers(id)
        """,
    ),
    "contact_import_changes": table(
        columns="""
            import_id uuid NOT NULL
            contact_id uuid NOT NULL
            customer_id uuid NOT NULL
            before jsonb NOT NULL
            after jsonb NOT NULL
        """,
        constraints="""
            PRIMARY KEY (import_id, contact_id)
            FOREIGN KEY (import_id) REFERENCES contact_imports(id) ON DELETE CASCADE
            FOREIGN KEY (contact_id) REFERENCES contacts(id) ON DELETE CASCADE
            FOREIGN KEY (customer_id) REFERENCES customers(id)
        """,
        indexes="""
            CREATE INDEX idx_contact_import_changes_contact ON public.contact_import_changes USING btree (contact_id)
        """,
    ),
    "activity_deltas": table(
        columns="""
            customer_id uuid NOT NULL
            quarter_hour timestamp with time zone NOT NULL
            activity_type activity_type_enum NOT NULL
            activity_subtype character varying(100)
            sequence_id uuid
            sequence_step_id uuid
            email_account_id uuid
            number bigint NOT NULL
        """,
        constraints="",
    ),
    "activity_rollups_by_step": table(
        columns="""
            customer_id uuid NOT NULL
            quarter_hour timestamp with time zone NOT NULL
            activity_type activity_type_enum NOT NULL
            activity_subtype character varying(100)
            sequence_id uuid
            sequence_step_id uuid
            number bigint NOT NULL
        """,
        constraints="""
            UNIQUE NULLS NOT DISTINCT (customer_id, quarter_hour, activity_type, activity_subtype, sequence_id, sequence_step_id)
        """,  # noqa: E501
    ),
    "activity_rollups_by_mailbox": table(
        columns="""
            customer_id uuid NOT NULL
            quarter_hour timestamp with time zone NOT NULL
            activity_type activity_type_enum NOT NULL
            activity_subtype character varying(100)
            email_account_id uuid
            number bigint NOT NULL
        """,
        constraints="""
            UNIQUE NULLS NOT DISTINCT (customer_id, quarter_hour, activity_type, activity_subtype, email_account_id)
        """,
    ),
    "activity_rollup_versions": table(
        columns="""
            customer_id uuid NOT NULL
            day timestamp with time zone NOT NULL
            version uuid NOT NULL DEFAULT gen_random_uuid()
        """,
        constraints="PRIMARY KEY (customer_id, day)",
    ),
    "detached_contact_activities": table(
        columns="""
            id uuid NOT NULL
            contact_id uuid NOT NULL
            customer_id uuid NOT NULL
            activity_type activity_type_enum NOT NULL
            activity_subtype character varying(100)
            sequence_id uuid
            sequence_step_id uuid
            email_account_id uuid
            email_message_id character varying(255)
            occurred_at timestamp with time zone NOT NULL
            metadata jsonb
            ip_address inet
            user_agent text
            geo_country character varying(100)
            geo_city character varying(100)
            processed boolean
            processed_at timestamp with time zone
            created_at timestamp with time zone
            external_id character varying(255)
            enrollment_id uuid
        """,
        constraints="",
    ),
}
