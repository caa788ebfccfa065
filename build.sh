#!/usr/bin/env bash
# Starts build.ps1: with PowerShell where it is installed, else with the PowerShell engine that tools/PowerShellHost carries.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

if command -v pwsh >/dev/null; then
    exec pwsh -NoProfile -File build.ps1 "$@"
fi

project=tools/PowerShellHost
host=$project/bin/Release/net10.0/PowerShellHost.dll
if ! command -v dotnet >/dev/null; then
    echo "The .NET 10 SDK is needed; see https://dotnet.microsoft.com/download" >&2
    exit 1
fi
if [[ ! -f $host ]] || [[ -n $(find "$project" Directory.Build.props Directory.Packages.props -path '*/obj' -prune -o -path '*/bin' -prune -o -newer "$host" -type f -print -quit) ]]; then
    echo "PowerShell is not installed: building $project"
    log=$(mktemp)
    if ! dotnet build "$project" -c Release -v quiet -nodeReuse:false --disable-build-servers >"$log" 2>&1; then
        cat "$log" >&2
        rm -f "$log"
        exit 1
    fi
    rm -f "$log"
    touch "$host"
fi
exec dotnet "$host" -NoProfile -File build.ps1 "$@"
