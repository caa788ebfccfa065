namespace TpmMigration.Cmdlets;

/// <summary>The pair of files with which a TLS server uses a key.</summary>
public sealed class TpmServerFiles
{
    /// <summary>The key's name in the store.</summary>
    public string Name { get; set; } = string.Empty;

    /// <summary>The PEM file of the certificate, followed by those of its issuers.</summary>
    public string CertificatePath { get; set; } = string.Empty;

    /// <summary>The TSS2 key file.</summary>
    public string KeyPath { get; set; } = string.Empty;
}
