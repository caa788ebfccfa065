using System.Collections.Generic;

namespace TpmMigration.Keys;

/// <summary>
/// The well-known types of data that belong to a key. The set is open: a type that is not known here is kept as it is and treated like
/// <see cref="Data"/>.
/// </summary>
public static class KeyDataType
{
    /// <summary>The key's password in UTF-8.</summary>
    public const string KeyPassword = "KeyPassword";

    /// <summary>The key's X.509 certificate in PEM, followed by those of its issuers as far as they were given.</summary>
    public const string CertificateChain = "CertificateChain";

    /// <summary>Where Windows' Platform Crypto Provider keeps the key, see <see cref="Keys.KeyContainer"/>.</summary>
    public const string KeyContainer = "KeyContainer";

    /// <summary>A TSS2 key file.</summary>
    public const string KeyFile = "KeyFile";

    /// <summary>Anything else.</summary>
    public const string Data = "Data";

    public static IReadOnlyList<string> All { get; } = [KeyPassword, CertificateChain, KeyContainer, KeyFile, Data];

    /// <summary>What data of the type is called where nobody names it; null where it must be named.</summary>
    public static string? DefaultName(string type) => type switch
    {
        KeyPassword => "password",
        CertificateChain => "certificate",
        KeyContainer => "container",
        KeyFile => "keyfile",
        _ => null,
    };

    /// <summary>The media type where nobody states one.</summary>
    public static string DefaultMediaType(string type) => type switch
    {
        KeyPassword or KeyContainer => "text/plain; charset=utf-8",
        CertificateChain => "application/pem-certificate-chain",
        KeyFile => "application/x-pem-file",
        _ => "application/octet-stream",
    };
}
