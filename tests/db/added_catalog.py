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
    "inbound_kind_enum": ("complaint", "bounce", "auto_reply", "reply", "unparseable"),
    "job_kind_enum": (
        "contact_import", "import_undo", "contacts_update", "contacts_delete", "list_refresh", "suppression_import",
    ),
    "job_status_enum": ("queued", "running", "completed", "failed", "cancelled"),
    "mailbox_auth_enum": ("password", "xoauth2"),
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
            CREATE INDEX idx_contacts_customer_created ON public.contacts USING btree (customer_id, created_at DESC, id DESC)
        """,  # noqa: E501
    ),
    "contact_list_memberships": table(
        columns="customer_id uuid NOT NULL",
        constraints="FOREIGN KEY (customer_id) REFERENCES customers(id)",
    ),
    "contact_activities": table(
        columns="""
            external_id character varying(255)
            enrollment_id uuid
        """,
        constraints="",
        indexes="""
            CREATE INDEX idx_contact_activities_external_id ON public.contact_activities USING btree (customer_id, external_id) WHERE (external_id IS NOT NULL)
        """,  # noqa: E501
    ),
    "contact_enrichment_queue": table(
        columns="customer_id uuid NOT NULL",
        constraints="FOREIGN KEY (customer_id) REFERENCES customers(id)",
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
}
