#!/bin/sh
# One request: a line for the container's log, then the answer: a page for browsers, plain text for others.
echo "$(date -u +%Y-%m-%dT%H:%M:%SZ) $REMOTE_ADDR $REQUEST_METHOD ${REQUEST_URI:-/}" >/proc/1/fd/1 2>/dev/null
escape() { sed 's/&/\&amp;/g; s/</\&lt;/g; s/>/\&gt;/g'; }
# Only what tells where it runs: an environment may hold secrets.
about() {
  echo "${MESSAGE:-Hello from Gantry}"
  echo "host: $(hostname)"
  env | grep -E '^(ECS_|AWS_EXECUTION_ENV=|AWS_REGION=|PORT=|HELLO_)' | grep -vE '^ECS_(CONTAINER_METADATA_URI|AGENT_URI)' | sort | sed 's/=/: /'
}
case "$HTTP_ACCEPT" in
  *text/html*)
    printf 'Content-Type: text/html; charset=utf-8\r\n\r\n'
    printf '<!doctype html><meta charset="utf-8"><title>gantry/hello</title>'
    printf '<style>body{font:18px system-ui;margin:4em auto;max-width:44em}pre{white-space:pre-wrap}</style>'
    printf '<h1>It runs.</h1><pre>%s</pre>\n' "$(about | escape)"
    ;;
  *)
    printf 'Content-Type: text/plain; charset=utf-8\r\n\r\n'
    about
    ;;
esac
