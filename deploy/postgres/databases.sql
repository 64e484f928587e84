-- Run once by the Postgres image, as its superuser, when the data folder is empty: a role and its databases for each
-- of OpenDoors and Temporal. Neither is a superuser.
\getenv opendoors_password DATABASE_PASSWORD
\getenv temporal_password TEMPORAL_DATABASE_PASSWORD

CREATE ROLE opendoors LOGIN PASSWORD :'opendoors_password';
CREATE DATABASE opendoors OWNER opendoors;

CREATE ROLE temporal LOGIN PASSWORD :'temporal_password';
CREATE DATABASE temporal OWNER temporal;
CREATE DATABASE temporal_visibility OWNER temporal;

REVOKE CONNECT ON DATABASE opendoors, temporal, temporal_visibility FROM PUBLIC;
