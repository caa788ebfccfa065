using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using TpmMigration.Keys;
using TpmMigration.Signatures;
using TpmMigration.Tpm;

namespace TpmMigration.Approvals;

/// <summary>What an authority decides on.</summary>
public sealed record SelectionRequest
{
    public required SelectionDecision Decision { get; init; }

    /// <summary>Null for all keys whose policy names the authority.</summary>
    public SelectedKey? Key { get; init; }

    public required MigrationDestination Destination { get; init; }

    /// <summary>Why; not empty.</summary>
    public required string Reason { get; init; }

    /// <summary>UTC, whole seconds.</summary>
    public required DateTime NotBefore { get; init; }

    /// <summary>UTC, whole seconds.</summary>
    public required DateTime ValidUntil { get; init; }

    public bool SingleUse { get; init; }
}

/// <summary>
/// Signs what a Migration Selection Authority decides. It needs the authority's private key and no TPM: the signatures for TPMs are over
/// digests that software computes.
/// </summary>
public sealed class SelectionApprover
{
    // Names of keys that this module makes are of these; an approval for all keys serves both.
    private static readonly TpmAlgId[] s_hashes = [TpmAlgId.Sha256, TpmAlgId.Sha384];

    private readonly IDocumentSigner _signer;

    /// <param name="signer">The authority's certificate and private key; still the caller's.</param>
    /// <exception cref="SignerException">Its key is none that every TPM verifies.</exception>
    public SelectionApprover(IDocumentSigner signer)
    {
        _signer = signer;
        try
        {
            Authority = signer.Identity is CertificateIdentity certificate
                ? SelectionAuthority.Of(certificate)
                : throw new SignerException(SignerFault.Unsuitable, "A Migration Selection Authority signs with a certificate.");
        }
        catch (SignatureException e)
        {
            throw new SignerException(SignerFault.Unsuitable, e.Message, e);
        }
    }

    /// <summary>The authority, as policies name it.</summary>
    public SelectionAuthority Authority { get; }

    /// <summary>Signs a decision: once as a document, and an approval once more for each form in which a TPM may ask for it.</summary>
    /// <exception cref="ArgumentException">It is valid for no time, or the key's name is none.</exception>
    /// <exception cref="SignerException">What holds the key failed.</exception>
    public SelectionApproval Sign(SelectionRequest request)
    {
        if (string.IsNullOrWhiteSpace(request.Reason)) throw new ArgumentException("Give the reason for the decision.");
        if (request.ValidUntil <= request.NotBefore) throw new ArgumentException("The approval would end before it begins.");
        bool approves = request.Decision == SelectionDecision.Approved;
        byte[] parent = request.Destination.Parent.Name;
        IReadOnlyList<TpmAlgId> hashes = HashesFor(request.Key);
        var approval = new SelectionApproval
        {
            Id = Guid.NewGuid(),
            Authority = Authority,
            Decision = request.Decision,
            ApprovedBy = Account.Current,
            Reason = request.Reason,
            Created = StoredKeys.Now(),
            NotBefore = request.NotBefore,
            ValidUntil = request.ValidUntil,
            SingleUse = request.SingleUse,
            Key = request.Key,
            DestinationHost = request.Destination.HostName,
            DestinationName = parent,
            PolicyAuthorizations = approves ? hashes.Select(hash => Authorize(hash, request.Key, parent)).ToList() : [],
            DuplicationAuthorizations = approves && request.Key is { } key ? [Authorize(key, parent, innerWrap: false), Authorize(key, parent, innerWrap: true)] : [],
        };
        (string text, DocumentSignature signature) = SignedDocument.Sign(ApprovalDocument.ToElement(approval), _signer);
        return approval with { Signature = signature, Document = Encoding.UTF8.GetBytes(text) };
    }

    /// <summary>The policy that leads a key to one destination: PolicyAuthValue, then PolicyDuplicationSelect.</summary>
    /// <param name="hash">The name algorithm of the key.</param>
    /// <param name="keyName">The TPM name of the key; null for any.</param>
    /// <param name="newParentName">The TPM name of the new parent.</param>
    internal static byte[] ApprovedPolicy(TpmAlgId hash, byte[]? keyName, byte[] newParentName) =>
        new PolicyDigest(hash).AuthValue().DuplicationSelect(keyName, newParentName).Value;

    private static IReadOnlyList<TpmAlgId> HashesFor(SelectedKey? key)
    {
        if (key == null) return s_hashes;
        TpmAlgId hash = key.TpmName.Length > 2 ? DuplicationCommand.HashOf(key.TpmName) : TpmAlgId.Null;
        return TpmHash.IsSupported(hash) && key.TpmName.Length == 2 + TpmHash.Size(hash)
            ? [hash]
            : throw new ArgumentException($"This is not the TPM name of a key: name algorithm and digest in hexadecimal (000b...), as Get-TpmKey shows it.");
    }

    private PolicyAuthorization Authorize(TpmAlgId hash, SelectedKey? key, byte[] newParentName)
    {
        var unsigned = new PolicyAuthorization(hash, ApprovedPolicy(hash, key?.TpmName, newParentName), SelectionPolicy.Reference, NoSignature);
        return unsigned with { Signature = Sign(unsigned.SignedDigest) };
    }

    private DuplicationAuthorization Authorize(SelectedKey key, byte[] newParentName, bool innerWrap)
    {
        var unsigned = new DuplicationAuthorization(DuplicationCommand.CpHash(key.TpmName, newParentName, innerWrap), innerWrap, SelectionPolicy.Reference, NoSignature);
        return unsigned with { Signature = Sign(unsigned.SignedDigest) };
    }

    private static TpmtSignature NoSignature { get; } = new(TpmAlgId.Null, TpmAlgId.Null, []);

    private TpmtSignature Sign(byte[] digest)
    {
        byte[] value = _signer.Sign(digest);
        return _signer.Identity.Scheme == SignatureScheme.RsaSha256
            ? new TpmtSignature(TpmAlgId.RsaSsa, TpmAlgId.Sha256, value)
            : new TpmtSignature(TpmAlgId.EcDsa, TpmAlgId.Sha256, value.Take(value.Length / 2).ToArray(), value.Skip(value.Length / 2).ToArray());
    }
}
