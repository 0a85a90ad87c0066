#!/bin/sh
# Whether wrangler may upload. One line where nobody is logged in, wrangler's own words where that
# cannot be known.
set -eu
said=$(wrangler whoami --json 2>&1) && exit
case $(printf %s "$said" | tr -d '[:space:]') in
*'"loggedIn":false'*)
	echo "easel: nobody is logged in at Cloudflare: '. .venv/bin/activate && npx wrangler login', or CLOUDFLARE_API_TOKEN, first" >&2
	;;
*)
	printf 'easel: wrangler cannot tell who is logged in at Cloudflare:\n%s\n' "$said" >&2
	;;
esac
exit 1
