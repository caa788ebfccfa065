namespace TpmMigration.Cmdlets;

/// <summary>The forms in which keys are exported.</summary>
public enum KeyExportFormat
{
    /// <summary>A Migration Package.</summary>
    Package,

    /// <summary>One key as an importable TSS2 key file.</summary>
    ImportableKeyFile,

    /// <summary>One key as the three files of tpm2_duplicate: .pub, .dup and .seed.</summary>
    Tpm2Tools,
}
