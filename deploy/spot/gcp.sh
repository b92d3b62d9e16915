#!/bin/sh
# Whether Compute Engine preempts this spot VM, for `mergesweep worker --preempt-command`:
# exit 0 and the notice on stdout, 1 no notice, 2 the metadata server gave no answer.
# Untested on Google Cloud: tried against a stand-in of the server. Source: "Detect if a VM was preempted"
# in the Compute Engine documentation. The notice comes 30 seconds ahead.
set -u
server=${1:-http://metadata.google.internal}

answer=$(curl -sf -m 2 --noproxy '*' -H 'Metadata-Flavor: Google' \
  "$server/computeMetadata/v1/instance/preempted")
case $answer in
  TRUE) echo 'Compute Engine preempts this VM' ;;
  FALSE) exit 1 ;;
  *)
    echo "$server/computeMetadata/v1/instance/preempted answered ${answer:-nothing}" >&2
    exit 2
    ;;
esac
