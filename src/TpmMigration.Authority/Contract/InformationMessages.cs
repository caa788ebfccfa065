using System;
using System.Collections.Generic;
using System.Linq;
using System.Xml.Linq;
using TpmMigration.Tpm;
using static TpmMigration.Authority.Contract.MessageText;
using static TpmMigration.Authority.Contract.ServiceNamespace;

namespace TpmMigration.Authority.Contract;

/// <summary>What the service is and can do, the same for everybody.</summary>
internal sealed record ServiceInformation
{
    public required string Name { get; init; }

    public required string Version { get; init; }

    public required DateTime Time { get; init; }

    public required IReadOnlyList<MigrationOperation> Operations { get; init; }

    public required string StorageKeyAlgorithm { get; init; }

    public required IReadOnlyList<string> EndorsementKeyAlgorithms { get; init; }

    /// <summary>Whose approvals count; empty where all do that keys and packages name.</summary>
    public IReadOnlyList<(byte[] Name, string Description)> SelectionAuthorities { get; init; } = [];

    public required ServiceLimits Limits { get; init; }

    internal XElement ToElement() => new(Ns + "GetMAServiceInformationResponse",
        Element("Name", Name),
        Element("Version", Version),
        Element("Time", Time),
        Operations.Select(operation => Element("Operation", operation.ToString())),
        Element("StorageKeyAlgorithm", StorageKeyAlgorithm),
        EndorsementKeyAlgorithms.Select(algorithm => Element("EndorsementKeyAlgorithm", algorithm)),
        SelectionAuthorities.Select(authority => new XElement(Ns + "SelectionAuthority", HexElement("Name", authority.Name), Element("Description", authority.Description))),
        Element("MostPackageBytes", Limits.MostPackageBytes),
        Element("MostPackageKeys", Limits.MostPackageKeys),
        Element("MostClientPackages", Limits.MostClientPackages),
        Element("MostClientBytes", Limits.MostClientBytes),
        Element("MostApprovals", ServiceLimits.MostApprovals),
        Element("MostPageEntries", ServiceLimits.MostPageEntries),
        Element("ChallengeSeconds", (long)ServiceLimits.ChallengeLifetime.TotalSeconds),
        Element("TokenSeconds", (long)ServiceLimits.TokenLifetime.TotalSeconds));
}

/// <summary>The storage key of the service.</summary>
/// <param name="Certificates">DER; the signing certificate first.</param>
/// <param name="Public">The storage key.</param>
/// <param name="Document">The same, signed; UTF-8.</param>
internal sealed record AuthorityKeyResponse(IReadOnlyList<byte[]> Certificates, TpmtPublic Public, byte[] Document)
{
    internal XElement ToElement() => new(Ns + "GetMAKeyResponse",
        Certificates.Select(certificate => Element("Certificate", certificate)),
        Element("Public", Public.Marshal()),
        HexElement("Name", Public.Name),
        Element("Document", Document));
}
