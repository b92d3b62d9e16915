#!/bin/sh
# Whether EC2 is about to take this spot instance (IMDSv2), for `mergesweep worker --preempt-command`:
# exit 0 and the notice on stdout, 1 no notice, 2 the metadata service gave no answer.
# Untested on EC2: tried against a stand-in of the service. Source: "Spot Instance interruption notices"
# and "Use the Instance Metadata Service" in Amazon's EC2 User Guide. The notice comes 2 minutes ahead.
set -u
service=${1:-http://169.254.169.254}

token=$(curl -sf -m 2 --noproxy '*' -X PUT "$service/latest/api/token" \
  -H 'X-aws-ec2-metadata-token-ttl-seconds: 60') || {
  echo "no token from $service" >&2
  exit 2
}
answer=$(curl -s -m 2 --noproxy '*' -w '\n%{http_code}' -H "X-aws-ec2-metadata-token: $token" \
  "$service/latest/meta-data/spot/instance-action")
case ${answer##*
} in
  200) printf 'EC2 spot notice: %s\n' "${answer%
*}" ;;
  404) exit 1 ;;
  *)
    echo "$service/latest/meta-data/spot/instance-action answered ${answer:-nothing}" >&2
    exit 2
    ;;
esac
