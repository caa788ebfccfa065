using System;

namespace TpmMigration.Authority.Trust;

/// <summary>What an administrator may do over the network. Each may also see which packages there are.</summary>
public enum AdministratorRole
{
    /// <summary>Blocks clients and holds packages.</summary>
    Operator,

    /// <summary>Registers approvals and denials of selection authorities.</summary>
    Approver,

    /// <summary>Reads and verifies the audit trail.</summary>
    Auditor,
}

/// <summary>Somebody who may do something over the network, by a client certificate of TLS.</summary>
/// <param name="Fingerprint">SHA-256 of the certificate, 32 bytes.</param>
/// <param name="Role">What they may do.</param>
/// <param name="Label">For people: the subject of the certificate.</param>
/// <param name="Certificate">X.509 in DER.</param>
/// <param name="Added">UTC.</param>
/// <param name="AddedBy">Who let them in.</param>
/// <param name="Reason">Why.</param>
public sealed record Administrator(byte[] Fingerprint, AdministratorRole Role, string Label, byte[] Certificate, DateTime Added, string AddedBy, string Reason);
