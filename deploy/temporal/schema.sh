#!/bin/sh
# Brings both databases of Temporal to the schema of this image's version; run again it finds nothing to do.
# Environment: SQL_PLUGIN, SQL_HOST, SQL_PORT, SQL_USER, SQL_PASSWORD, read by temporal-sql-tool itself.
set -eu

versions=/etc/temporal/schema/postgresql/v12

update() {
    temporal-sql-tool --db "$1" setup-schema -v 0.0
    temporal-sql-tool --db "$1" update-schema -d "$versions/$2/versioned"
}

update temporal temporal
update temporal_visibility visibility
