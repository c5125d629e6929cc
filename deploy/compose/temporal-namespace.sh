#!/bin/sh
# Makes the namespace where it is missing. The worker registers its search attributes by itself.
set -eu

until temporal operator cluster health; do
  sleep 2
done
temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" >/dev/null 2>&1 ||
  temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention 30d
