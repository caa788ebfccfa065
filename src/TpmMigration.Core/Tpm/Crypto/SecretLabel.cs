namespace TpmMigration.Tpm;

/// <summary>The labels that keep secrets shared for one purpose from serving another. TPM 2.0 Part 1, B.10 and C.6.</summary>
public static class SecretLabel
{
    /// <summary>Seed of the outer wrap of a duplicated or imported key.</summary>
    public const string Duplicate = "DUPLICATE";

    /// <summary>Seed of a protected credential.</summary>
    public const string Identity = "IDENTITY";

    /// <summary>Salt of a session.</summary>
    public const string Secret = "SECRET";
}
