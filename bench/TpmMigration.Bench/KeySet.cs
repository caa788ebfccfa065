using System.IO;

namespace TpmMigration.Bench;

/// <summary>Makes the keys that are exported, the destination, and the Owner's approvals, once and unmeasured.</summary>
internal static class KeySet
{
    private const string Script = """
        param($Folder, $Count)
        $destination = Get-TpmMigrationDestination -NoCertification -Path "$Folder/destination.xml" -Store "$Folder/elsewhere" -WarningAction SilentlyContinue
        $null = 1..$Count | ForEach-Object { "key$_" } | New-TpmMigratableKey
        $null = Get-TpmKey -Kind Migratable | Approve-TpmMigration -Destination "$Folder/destination.xml" -Reason 'Benchmark' -ValidFor 2:00:00 -Path "$Folder/approvals" -WarningAction SilentlyContinue
        """;

    internal static void Make(Engine engine, string folder, int count)
    {
        Directory.CreateDirectory(folder);
        engine.Run(Script, folder, count);
    }
}
