#!/bin/sh
# Whether Azure evicts this spot VM (Scheduled Events), for `mergesweep worker --preempt-command`:
# exit 0 and the notice on stdout, 1 no notice, 2 the metadata service gave no answer.
# Untested on Azure: tried against a stand-in of the service. Source: "Azure Metadata Service: Scheduled
# Events for Linux VMs". The notice comes 30 seconds ahead; the first request switches the service on,
# and may take up to two minutes.
set -u
service=${1:-http://169.254.169.254}

ask() {
  curl -sf -m 2 --noproxy '*' -H 'Metadata: true' "$service/metadata/$1" || {
    echo "no answer from $service/metadata/$1" >&2
    return 2
  }
}
# A scale set hears of the evictions of all its machines.
name=$(ask 'instance/compute/name?api-version=2021-02-01&format=text') || exit 2
events=$(ask 'scheduledevents?api-version=2020-07-01') || exit 2
# One event a record: they hold no objects.
printf '%s\n' "$events" | awk -v RS='}' -v name="\"$name\"" '
  /"EventType"[[:space:]]*:[[:space:]]*"Preempt"/ && index($0, name) { found = 1 }
  END { exit !found }' || exit 1
echo "Azure evicts $name"
