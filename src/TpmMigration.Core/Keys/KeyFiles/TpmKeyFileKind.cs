namespace TpmMigration.Keys;

/// <summary>What a TSS2 key file holds, told by its object identifier.</summary>
public enum TpmKeyFileKind
{
    /// <summary>2.23.133.10.1.3: a key for TPM2_Load.</summary>
    Loadable = 3,

    /// <summary>2.23.133.10.1.4: a duplicate for TPM2_Import, with its encrypted seed.</summary>
    Importable = 4,

    /// <summary>2.23.133.10.1.5: sealed data, for TPM2_Load and TPM2_Unseal.</summary>
    Sealed = 5,
}
