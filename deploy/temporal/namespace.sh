#!/bin/sh
# Makes the namespace and the search attributes that OpenDoors starts workflows with; what is there already stays.
# Ends when the server answers queries by them, since it takes some seconds to learn of new ones.
# Environment: TEMPORAL_ADDRESS (host:port) and TEMPORAL_NAMESPACE, which `temporal` reads too, except that its own
# commands for namespaces want the name as an option; NAMESPACE_RETENTION, how long closed workflows are kept (7d when
# unset).
set -eu

attributes="OpenDoorsCustomer OpenDoorsSequence OpenDoorsMailbox"

# Runs a command each second until it succeeds; after a minute it shows what the last try said, and fails.
wait_until() {
    tries=60
    until said=$("$@" 2>&1); do
        tries=$((tries - 1))
        if [ "$tries" -eq 0 ]; then
            echo "gave up on: $*" >&2
            echo "$said" >&2
            exit 1
        fi
        sleep 1
    done
}

wait_until temporal operator cluster health

if temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" >/dev/null 2>&1; then
    echo "namespace $TEMPORAL_NAMESPACE is there"
else
    temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention "${NAMESPACE_RETENTION:-7d}"
fi
wait_until temporal operator search-attribute list

known=$(temporal operator search-attribute list)
for attribute in $attributes; do
    case $known in
        *"$attribute"*) echo "search attribute $attribute is there" ;;
        *) temporal operator search-attribute create --name "$attribute" --type Keyword ;;
    esac
done

for attribute in $attributes; do
    wait_until temporal workflow count --query "$attribute = 'none'"
done
echo "namespace $TEMPORAL_NAMESPACE is ready"
