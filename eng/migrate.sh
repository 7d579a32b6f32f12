#!/usr/bin/env bash
# Writes the migrations that bring the database from its last one to the model of today. See --help.
set -euo pipefail
cd "$(dirname "$0")/.."

usage() {
    cat <<'END'
Usage: eng/migrate.sh NAME

Writes a migration NAME for SQLite and one for PostgreSQL into Shop/Data/Migrations, from the difference between the
model and the last migrations. Read what it wrote: a migration is source. Needs dotnet-ef 10 (it is installed into
artifacts/ if it is not there).
END
}

case $#,${1-} in
    1,--help | 1,-h) usage; exit 0 ;;
    1,[A-Z]*) name=$1 ;;
    *) usage >&2; exit 2 ;;
esac

. eng/steps.sh
require_sdk
tool=artifacts/tools/dotnet-ef
[[ -x $tool ]] || dotnet tool install dotnet-ef --version 10.0.15 --tool-path artifacts/tools
step dotnet build Api "${build_flags[@]}"
for provider in Sqlite Postgres; do
    DOTNET_ROLL_FORWARD=LatestMajor step "$tool" migrations add "$name" --no-build --configuration Release --project Shop --startup-project Api \
        --context "${provider}ServiceDb" --output-dir "Data/Migrations/$provider"
done

# As the rest of the source: internal, no byte order mark, and no comment that says what "Up" is.
find Shop/Data/Migrations -name '*.cs' -print0 | while IFS= read -r -d '' file; do
    sed -i -E '1s/^\xEF\xBB\xBF//; s/^( *)public partial class/\1internal sealed partial class/; s/^( *)partial class/\1internal sealed partial class/' "$file"
done
