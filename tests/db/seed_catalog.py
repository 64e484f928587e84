"""The product's data model as facts, transcribed from the documents that define it.

Each fact stands in the spelling in which Postgres gives it back. Nothing here is taken from a migration or a
model: both are held to it. What we added stands in ``added_catalog``.
"""

from tests.db.catalog import Table, table

ENUMS = {
    "contact_status_enum": ("active", "bounced", "unsubscribed", "do_not_contact"),
    "company_size_enum": (
        "1-10", "11-50", "51-200", "201-500", "501-1000", "1001-5000", "5001-10000", "10000+",
    ),
    "industry_enum": (
        "technology", "healthcare", "finance", "education", "retail", "manufacturing", "consulting",
        "real_estate", "other",
    ),
    "phone_type_enum": ("work", "mobile", "home", "other"),
    "seniority_enum": (
        "individual_contributor", "senior", "manager", "director", "vp", "c_suite", "founder", "other",
    ),
    "department_enum": (
        "sales", "marketing", "engineering", "product", "design", "hr", "finance", "operations", "executive",
        "other",
    ),
    "contact_source_enum": ("manual", "csv_import", "api", "crm_integration", "enrichment", "web_form"),
    "list_type_enum": ("static", "dynamic", "suppression"),
    "membership_source_enum": ("manual", "bulk_import", "rule_evaluation", "api", "automation"),
    "activity_type_enum": (
        "email_sent", "email_delivered", "email_opened", "email_clicked",
        "email_replied", "email_bounced", "email_unsubscribed",
        "contact_created", "contact_updated", "contact_enriched",
        "sequence_enrolled", "sequence_completed", "task_created",
        "linkedin_connected", "linkedin_viewed", "call_completed",
    ),
    "suppression_type_enum": (
        "hard_bounce", "soft_bounce", "complaint", "unsubscribe",
        "manual", "domain_block", "isp_block", "temporary",
    ),
    "enrichment_status_enum": ("pending", "processing", "completed", "failed"),
    "sequence_status_enum": ("draft", "active", "paused", "stopped", "archived"),
    "goal_type_enum": ("replies", "meetings", "sales", "custom"),
    "step_type_enum": ("email", "task", "linkedin", "call", "conditional", "delay"),
    "condition_operator_enum": ("AND", "OR"),
    "linkedin_action_enum": ("connect", "message", "view_profile"),
    "enrollment_source_enum": ("manual", "bulk_import", "api", "automation"),
    "enrollment_status_enum": ("active", "paused", "completed", "stopped", "bounced", "unsubscribed"),
    "completion_reason_enum": ("finished", "unsubscribed", "bounced", "manual_stop", "goal_achieved"),
}  # fmt: skip

TABLES: dict[str, Table] = {
    "contacts": table(
        columns="""
            id uuid NOT NULL DEFAULT gen_random_uuid()
            customer_id uuid NOT NULL
            workspace_id uuid NOT NULL
            email character varying(255) NOT NULL
            first_name character varying(255)
            last_name character varying(255)
            full_name character varying(255) GENERATED ALWAYS AS (CASE WHEN ((first_name IS NOT NULL) AND (last_name IS NOT NULL)) THEN (((first_name)::text || ' '::text) || (last_name)::text) WHEN (first_name IS NOT NULL) THEN (first_name)::text WHEN (last_name IS NOT NULL) THEN (last_name)::text ELSE NULL::text END) STORED
            job_title character varying(255)
            company_name character varying(255)
            company_domain character varying(255)
            company_secondary_domain character varying(255)
            company_size company_size_enum
            industry industry_enum
            phone character varying(50)
            phone_type phone_type_enum DEFAULT 'work'::phone_type_enum
            linkedin_profile character varying(500)
            twitter_profile character varying(500)
            facebook_profile character varying(500)
            website character varying(500)
            country character varying(100)
            state character varying(100)
            city character varying(100)
            postal_code character varying(20)
            timezone character varying(50) DEFAULT 'UTC'::character varying
            seniority seniority_enum
            department department_enum
            custom_fields jsonb DEFAULT '{}'::jsonb
            status contact_status_enum DEFAULT 'active'::contact_status_enum
            unsubscribed_at timestamp with time zone
            bounced_at timestamp with time zone
            bounce_reason character varying(255)
            do_not_contact boolean DEFAULT false
            first_seen_at timestamp with time zone DEFAULT now()
            last_seen_at timestamp with time zone
            last_contacted_at timestamp with time zone
            last_opened_at timestamp with time zone
            last_clicked_at timestamp with time zone
            last_replied_at timestamp with time zone
            total_emails_received integer DEFAULT 0
            total_emails_opened integer DEFAULT 0
            total_links_clicked integer DEFAULT 0
            total_replies integer DEFAULT 0
            open_rate numeric(5,2) GENERATED ALWAYS AS (CASE WHEN (total_emails_received > 0) THEN round((((total_emails_opened)::numeric / (total_emails_received)::numeric) * (100)::numeric), 2) ELSE (0)::numeric END) STORED
            click_rate numeric(5,2) GENERATED ALWAYS AS (CASE WHEN (total_emails_received > 0) THEN round((((total_links_clicked)::numeric / (total_emails_received)::numeric) * (100)::numeric), 2) ELSE (0)::numeric END) STORED
            reply_rate numeric(5,2) GENERATED ALWAYS AS (CASE WHEN (total_emails_received > 0) THEN round((((total_replies)::numeric / (total_emails_received)::numeric) * (100)::numeric), 2) ELSE (0)::numeric END) STORED
            created_at timestamp with time zone DEFAULT now()
            updated_at timestamp with time zone DEFAULT now()
            created_by uuid
            updated_by uuid
            source contact_source_enum DEFAULT 'manual'::contact_source_enum
            source_details jsonb
            email_verified boolean DEFAULT false
            email_verification_date timestamp with time zone
            enrichment_score integer DEFAULT 0
            last_enriched_at timestamp with time zone
        """,  # noqa: E501 - one fact, one line
        constraints="""
            PRIMARY KEY (id)
            UNIQUE (customer_id, email)
            FOREIGN KEY (customer_id) REFERENCES customers(id)
            FOREIGN KEY (workspace_id) REFERENCES workspaces(id)
            FOREIGN KEY (created_by) REFERENCES users(id)
            FOREIGN KEY (updated_by) REFERENCES users(id)
        """,
        indexes="""
            CREATE INDEX idx_contacts_customer_workspace ON public.contacts USING btree (customer_id, workspace_id)
            CREATE INDEX idx_contacts_email ON public.contacts USING btree (customer_id, email)
            CREATE INDEX idx_contacts_status ON public.contacts USING btree (customer_id, status)
            CREATE INDEX idx_contacts_company_domain ON public.contacts USING btree (company_domain)
        """,
    ),
    "contact_lists": table(
        columns="""
            id uuid NOT NULL DEFAULT gen_random_uuid()
            customer_id uuid NOT NULL
            workspace_id uuid NOT NULL
            name character varying(255) NOT NULL
            description text
            type list_type_enum DEFAULT 'static'::list_type_enum
            created_by uuid NOT NULL
            color character varying(7)
            is_public boolean DEFAULT true
            filter_rules jsonb
            auto_refresh boolean DEFAULT false
            last_refreshed_at timestamp with time zone
            created_at timestamp with time zone DEFAULT now()
            updated_at timestamp with time zone DEFAULT now()
            total_contacts integer DEFAULT 0
            active_contacts integer DEFAULT 0
        """,
        constraints="""
            PRIMARY KEY (id)
            FOREIGN KEY (customer_id) REFERENCES customers(id)
            FOREIGN KEY (workspace_id) REFERENCES workspaces(id)
            FOREIGN KEY (created_by) REFERENCES users(id)
        """,
    ),
    "contact_list_memberships": table(
        columns="""
            id uuid NOT NULL DEFAULT gen_random_uuid()
            contact_id uuid NOT NULL
            list_id uuid NOT NULL
            added_at timestamp with time zone DEFAULT now()
            added_by uuid
            source membership_source_enum DEFAULT 'manual'::membership_source_enum
            is_dynamic boolean DEFAULT false
            last_evaluated_at timestamp with time zone
            evaluation_result boolean DEFAULT true
        """,
        constraints="""
            PRIMARY KEY (id)
            UNIQUE (contact_id, list_id)
            FOREIGN KEY (contact_id) REFERENCES contacts(id) ON DELETE CASCADE
            FOREIGN KEY (list_id) REFERENCES contact_lists(id) ON DELETE CASCADE
            FOREIGN KEY (added_by) REFERENCES users(id)
        """,
        indexes="""
            CREATE INDEX idx_list_memberships_list ON public.contact_list_memberships USING btree (list_id)
            CREATE INDEX idx_list_memberships_contact ON public.contact_list_memberships USING btree (contact_id)
            CREATE INDEX idx_list_memberships_dynamic ON public.contact_list_memberships USING btree (list_id) WHERE (is_dynamic = true)
        """,  # noqa: E501
    ),
    # The documents give it `id` alone as key and want it partitioned by month, which Postgres allows only with
    # occurred_at in the key; so that column is not null.
    "contact_activities": table(
        columns="""
            id uuid NOT NULL DEFAULT gen_random_uuid()
            contact_id uuid NOT NULL
            customer_id uuid NOT NULL
            activity_type activity_type_enum NOT NULL
            activity_subtype character varying(100)
            sequence_id uuid
            sequence_step_id uuid
            email_account_id uuid
            email_message_id character varying(255)
            occurred_at timestamp with time zone NOT NULL DEFAULT now()
            metadata jsonb DEFAULT '{}'::jsonb
            ip_address inet
            user_agent text
            geo_country character varying(100)
            geo_city character varying(100)
            processed boolean DEFAULT false
            processed_at timestamp with time zone
            created_at timestamp with time zone DEFAULT now()
        """,
        constraints="""
            PRIMARY KEY (id, occurred_at)
            FOREIGN KEY (contact_id) REFERENCES contacts(id) ON DELETE CASCADE
            FOREIGN KEY (customer_id) REFERENCES customers(id)
            FOREIGN KEY (sequence_id) REFERENCES sequences(id)
            FOREIGN KEY (sequence_step_id) REFERENCES sequence_steps(id)
            FOREIGN KEY (email_account_id) REFERENCES email_accounts(id)
        """,
        indexes="""
            CREATE INDEX idx_contact_activities_contact_type ON public.contact_activities USING btree (contact_id, activity_type)
            CREATE INDEX idx_contact_activities_sequence ON public.contact_activities USING btree (sequence_id)
            CREATE INDEX idx_contact_activities_occurred_at ON public.contact_activities USING btree (occurred_at)
        """,  # noqa: E501
        partitioned_by="RANGE (occurred_at)",
    ),
    "contact_suppression_lists": table(
        columns="""
            id uuid NOT NULL DEFAULT gen_random_uuid()
            customer_id uuid NOT NULL
            workspace_id uuid NOT NULL
            suppression_type suppression_type_enum NOT NULL
            reason text
            source character varying(255)
            email character varying(255) NOT NULL
            domain character varying(255)
            suppressed_at timestamp with time zone DEFAULT now()
            expires_at timestamp with time zone
            added_by uuid
            notes text
        """,
        constraints="""
            PRIMARY KEY (id)
            UNIQUE (customer_id, email, suppression_type)
            FOREIGN KEY (customer_id) REFERENCES customers(id)
            FOREIGN KEY (workspace_id) REFERENCES workspaces(id)
            FOREIGN KEY (added_by) REFERENCES users(id)
        """,
        indexes="""
            CREATE INDEX idx_suppression_lists_customer_email ON public.contact_suppression_lists USING btree (customer_id, email)
            CREATE INDEX idx_suppression_lists_type ON public.contact_suppression_lists USING btree (customer_id, suppression_type)
        """,  # noqa: E501
    ),
    "contact_enrichment_queue": table(
        columns="""
            id uuid NOT NULL DEFAULT gen_random_uuid()
            contact_id uuid NOT NULL
            enrichment_provider character varying(100)
            priority integer DEFAULT 1
            status enrichment_status_enum DEFAULT 'pending'::enrichment_status_enum
            queued_at timestamp with time zone DEFAULT now()
            processed_at timestamp with time zone
            error_message text
        """,
        constraints="""
            PRIMARY KEY (id)
            FOREIGN KEY (contact_id) REFERENCES contacts(id)
        """,
    ),
    "sequences": table(
        columns="""
            id uuid NOT NULL DEFAULT gen_random_uuid()
            customer_id uuid NOT NULL
            workspace_id uuid NOT NULL
            name character varying(255) NOT NULL
            description text
            status sequence_status_enum DEFAULT 'draft'::sequence_status_enum
            owner_id uuid NOT NULL
            folder_id uuid
            tags text[]
            goal_type goal_type_enum
            goal_target integer
            goal_deadline date
            default_email_account_id uuid
            sending_timezone character varying(50) DEFAULT 'UTC'::character varying
            sending_window_start time without time zone
            sending_window_end time without time zone
            sending_days boolean[] DEFAULT '{t,t,t,t,t,f,f}'::boolean[]
            max_emails_per_day integer DEFAULT 100
            throttle_delay_minutes integer DEFAULT 60
            stop_on_reply boolean DEFAULT true
            stop_on_bounce boolean DEFAULT true
            stop_on_unsubscribe boolean DEFAULT true
            created_at timestamp with time zone DEFAULT now()
            updated_at timestamp with time zone DEFAULT now()
            created_by uuid NOT NULL
            updated_by uuid
            total_enrolled integer DEFAULT 0
            total_sent integer DEFAULT 0
            total_delivered integer DEFAULT 0
            total_opened integer DEFAULT 0
            total_clicked integer DEFAULT 0
            total_replied integer DEFAULT 0
            total_bounced integer DEFAULT 0
            total_unsubscribed integer DEFAULT 0
        """,
        constraints="""
            PRIMARY KEY (id)
            FOREIGN KEY (customer_id) REFERENCES customers(id)
            FOREIGN KEY (workspace_id) REFERENCES workspaces(id)
            FOREIGN KEY (owner_id) REFERENCES users(id)
            FOREIGN KEY (folder_id) REFERENCES sequence_folders(id)
            FOREIGN KEY (default_email_account_id) REFERENCES email_accounts(id)
            FOREIGN KEY (created_by) REFERENCES users(id)
            FOREIGN KEY (updated_by) REFERENCES users(id)
        """,
        indexes="""
            CREATE INDEX idx_sequences_customer_workspace ON public.sequences USING btree (customer_id, workspace_id)
            CREATE INDEX idx_sequences_status_updated ON public.sequences USING btree (status, updated_at)
        """,
    ),
    "sequence_steps": table(
        columns="""
            id uuid NOT NULL DEFAULT gen_random_uuid()
            sequence_id uuid NOT NULL
            step_order integer NOT NULL
            step_type step_type_enum NOT NULL
            delay_days integer DEFAULT 0
            delay_hours integer DEFAULT 0
            delay_minutes integer DEFAULT 0
            subject_template text
            body_template text
            email_account_id uuid
            ab_test_enabled boolean DEFAULT false
            ab_test_variants jsonb
            conditions jsonb
            condition_operator condition_operator_enum DEFAULT 'AND'::condition_operator_enum
            task_title text
            task_description text
            task_assignee_id uuid
            task_due_days integer
            linkedin_action linkedin_action_enum
            linkedin_message text
            created_at timestamp with time zone DEFAULT now()
            updated_at timestamp with time zone DEFAULT now()
            times_executed integer DEFAULT 0
            success_rate numeric(5,2)
        """,
        constraints="""
            PRIMARY KEY (id)
            FOREIGN KEY (sequence_id) REFERENCES sequences(id) ON DELETE CASCADE
            FOREIGN KEY (email_account_id) REFERENCES email_accounts(id)
            FOREIGN KEY (task_assignee_id) REFERENCES users(id)
        """,
        indexes="""
            CREATE INDEX idx_sequence_steps_sequence_order ON public.sequence_steps USING btree (sequence_id, step_order)
        """,  # noqa: E501
    ),
    "sequence_enrollments": table(
        columns="""
            id uuid NOT NULL DEFAULT gen_random_uuid()
            sequence_id uuid NOT NULL
            contact_id uuid NOT NULL
            enrolled_at timestamp with time zone DEFAULT now()
            enrolled_by uuid
            enrollment_source enrollment_source_enum DEFAULT 'manual'::enrollment_source_enum
            current_step_id uuid
            status enrollment_status_enum DEFAULT 'active'::enrollment_status_enum
            last_step_completed_at timestamp with time zone
            next_step_scheduled_at timestamp with time zone
            completed_at timestamp with time zone
            completion_reason completion_reason_enum
            total_emails_sent integer DEFAULT 0
            total_opens integer DEFAULT 0
            total_clicks integer DEFAULT 0
            total_replies integer DEFAULT 0
        """,
        constraints="""
            PRIMARY KEY (id)
            UNIQUE (sequence_id, contact_id)
            FOREIGN KEY (sequence_id) REFERENCES sequences(id)
            FOREIGN KEY (contact_id) REFERENCES contacts(id)
            FOREIGN KEY (enrolled_by) REFERENCES users(id)
            FOREIGN KEY (current_step_id) REFERENCES sequence_steps(id)
        """,
        indexes="""
            CREATE INDEX idx_enrollments_sequence_status ON public.sequence_enrollments USING btree (sequence_id, status)
            CREATE INDEX idx_enrollments_contact ON public.sequence_enrollments USING btree (contact_id)
            CREATE INDEX idx_enrollments_next_scheduled ON public.sequence_enrollments USING btree (next_step_scheduled_at) WHERE (status = 'active'::enrollment_status_enum)
        """,  # noqa: E501
    ),
    "sequence_folders": table(
        columns="""
            id uuid NOT NULL DEFAULT gen_random_uuid()
            customer_id uuid NOT NULL
            workspace_id uuid NOT NULL
            name character varying(255) NOT NULL
            description text
            color character varying(7)
            parent_folder_id uuid
            sort_order integer DEFAULT 0
            created_at timestamp with time zone DEFAULT now()
            created_by uuid NOT NULL
        """,
        constraints="""
            PRIMARY KEY (id)
            FOREIGN KEY (customer_id) REFERENCES customers(id)
            FOREIGN KEY (workspace_id) REFERENCES workspaces(id)
            FOREIGN KEY (parent_folder_id) REFERENCES sequence_folders(id)
            FOREIGN KEY (created_by) REFERENCES users(id)
        """,
    ),
}
