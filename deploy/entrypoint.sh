#!/bin/sh
# A secret may come as a file, as orchestrators mount it: NAME_FILE names the file that holds NAME.
set -eu
for name in DATABASE_URL STRIPE_SECRET_KEY STRIPE_WEBHOOK_SECRET JWT_SECRET; do
  eval "file=\${${name}_FILE:-}"
  [ -n "$file" ] || continue
  [ -r "$file" ] || { echo "${name}_FILE is \"$file\": there is no such file to read." >&2; exit 78; }
  export "$name=$(cat "$file")"
done
exec "$@"
