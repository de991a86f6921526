#!/bin/sh
# Builds the image and pushes it with provenance (SLSA) and bill of materials, both attested for its digest:
#   scripts/build_image.sh REPOSITORY [further options of `docker buildx build`]
# The digest is in image.json then. DOCKER names another program than docker.
set -eu
cd "$(dirname "$0")/.."
if [ $# -lt 1 ]; then
	echo "usage: $0 REPOSITORY [options of docker buildx build]" >&2
	exit 2
fi
repository="$1"
shift
version="$(sed -n 's/^version = "\(.*\)"$/\1/p' pyproject.toml)"
# mode=max: with the arguments and the materials, not only that there was a build.
exec "${DOCKER:-docker}" buildx build --file deploy/Dockerfile --tag "$repository:$version" \
	--provenance mode=max,version=v1 --sbom true --metadata-file image.json --push "$@" .
