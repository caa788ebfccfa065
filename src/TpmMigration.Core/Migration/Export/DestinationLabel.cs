using TpmMigration.Tpm;

namespace TpmMigration.Migration;

/// <summary>How errors call a destination. Hosts may be named alike; what counts is the new parent.</summary>
internal static class DestinationLabel
{
    internal static string Of(string host, byte[] parentName)
    {
        string name = Hex.Format(parentName);
        return name.Length > 12 ? $"'{host}' (parent {name.Substring(4, 8)}...)" : $"'{host}'";
    }
}
