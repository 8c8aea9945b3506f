#!/bin/sh
# Sends a text to a model with curl; prints the receipt and the answer.
#   INTRAMUROS_API_KEY=$(npx intramuros key create me) sh ask.sh "text"
set -eu
: "${INTRAMUROS_API_KEY:?make one with: npx intramuros key create NAME}"

# The text goes into JSON as a string: backslashes, quotes and line ends are escaped.
text=$(printf %s "$1" | sed 's/\\/\\\\/g; s/"/\\"/g; s/$/\\n/' | tr -d '\n')

curl --silent --show-error --fail-with-body \
  --write-out '\n%{stderr}receipt: %header{x-intramuros-receipt}\n' \
  "${INTRAMUROS_BASE_URL:-http://127.0.0.1:8081/v1}/chat/completions" \
  --header "Authorization: Bearer $INTRAMUROS_API_KEY" \
  --header 'Content-Type: application/json' \
  --data '{"model":"'"${INTRAMUROS_MODEL:-clinical-extraction}"'","messages":[{"role":"user","content":"'"$text"'"}]}'
