using System;
using System.Collections.Generic;
using System.Linq;
using System.Xml.Linq;
using TpmMigration.Documents;
using TpmMigration.Keys;
using TpmMigration.Signatures;
using TpmMigration.Tpm;
using static TpmMigration.Approvals.ApprovalDocument;

namespace TpmMigration.Approvals;

/// <summary>What an approval or denial of a Migration Selection Authority holds in XML.</summary>
internal static class SelectionApprovalXml
{
    // Two of each are made. More would only cost those who try them.
    private const int MostAuthorizations = 8;

    internal static XAttribute[] Attributes(SelectionApproval approval) =>
    [
        new("decision", approval.Decision),
        new("notBefore", StrictElement.FormatDate(approval.NotBefore)),
        new("singleUse", approval.SingleUse ? "true" : "false"),
    ];

    internal static object?[] Content(SelectionApproval approval) =>
    [
        approval.Key == null ? new XElement(Ns + "AllKeys") : Named("Key", "keyName", approval.Key.KeyName, approval.Key.TpmName),
        Destination(approval),
        approval.PolicyAuthorizations.Select(each => new XElement(Ns + "PolicyAuthorization",
            new XAttribute("hash", HashName(each.Hash)),
            new XAttribute("approvedPolicy", Hex.Format(each.ApprovedPolicy)),
            new XAttribute("policyRef", Hex.Format(each.PolicyRef)),
            Convert.ToBase64String(each.Signature.Marshal()))),
        approval.DuplicationAuthorizations.Select(each => new XElement(Ns + "DuplicationAuthorization",
            new XAttribute("innerWrap", each.InnerWrap ? "true" : "false"),
            new XAttribute("cpHash", Hex.Format(each.CpHash)),
            new XAttribute("policyRef", Hex.Format(each.PolicyRef)),
            Convert.ToBase64String(each.Signature.Marshal()))),
    ];

    /// <param name="root">The document element, whose signature was taken out.</param>
    /// <param name="signature">The signature, which holds.</param>
    internal static SelectionApproval Read(StrictElement root, DocumentSignature signature)
    {
        Guid id = root.GuidAttribute("id");
        string approvedBy = root.Attribute("approvedBy");
        DateTime created = root.DateAttribute("created");
        DateTime validUntil = root.DateAttribute("validUntil");
        SelectionDecision decision = root.EnumAttribute<SelectionDecision>("decision");
        DateTime notBefore = root.DateAttribute("notBefore");
        bool singleUse = root.BoolAttribute("singleUse");
        string reason = ReadReason(root);
        SelectedKey? key = ReadKey(root);
        (string destinationHost, byte[] destinationName) = ReadNamed(root.Child("Destination"), "host");
        List<PolicyAuthorization> policies = ReadAll(root, "PolicyAuthorization", each => new PolicyAuthorization(
            HashOf(each), each.HexAttribute("approvedPolicy"), each.HexAttribute("policyRef"), each.Structure(TpmtSignature.Unmarshal)));
        List<DuplicationAuthorization> duplications = ReadAll(root, "DuplicationAuthorization", each => new DuplicationAuthorization(
            each.HexAttribute("cpHash"), each.BoolAttribute("innerWrap"), each.HexAttribute("policyRef"), each.Structure(TpmtSignature.Unmarshal)));
        root.End();
        if (validUntil <= notBefore) throw root.Fault("The approval ends before it begins.");
        if (decision == SelectionDecision.Denied && policies.Count + duplications.Count != 0) throw root.Fault("A denial holds signatures that approve.");
        return new SelectionApproval
        {
            Id = id,
            Authority = AuthorityOf(signature.Signer),
            ApprovedBy = approvedBy,
            Reason = reason,
            Created = created,
            ValidUntil = validUntil,
            Decision = decision,
            NotBefore = notBefore,
            SingleUse = singleUse,
            Key = key,
            DestinationHost = destinationHost,
            DestinationName = destinationName,
            PolicyAuthorizations = policies,
            DuplicationAuthorizations = duplications,
            Signature = signature,
        };
    }

    private static SelectedKey? ReadKey(StrictElement root)
    {
        if (root.OptionalChild("AllKeys") is { } all)
        {
            all.End();
            return null;
        }
        (string keyName, byte[] tpmName) = ReadNamed(root.Child("Key"), "keyName");
        return new SelectedKey(keyName, tpmName);
    }

    private static List<T> ReadAll<T>(StrictElement root, string name, Func<StrictElement, T> read)
    {
        List<T> all = [];
        foreach (StrictElement each in root.Children(name))
        {
            if (all.Count == MostAuthorizations) throw new DocumentLimitException($"The approval has more than {MostAuthorizations} elements <{name}>.");
            all.Add(read(each));
        }
        return all;
    }

    /// <exception cref="SignatureException">No policy can name the signer.</exception>
    private static SelectionAuthority AuthorityOf(SignerIdentity signer) => SelectionAuthority.Of(signer as CertificateIdentity
        ?? throw new SignatureException(SignatureFault.Key, "A Migration Selection Authority signs with a certificate, and this document is signed by a platform."));

    // As the TPM2 tools name them.
    private static string HashName(TpmAlgId hash) => hash.ToString().ToLowerInvariant();

    private static TpmAlgId HashOf(StrictElement element) => element.Attribute("hash") switch
    {
        "sha1" => TpmAlgId.Sha1,
        "sha256" => TpmAlgId.Sha256,
        "sha384" => TpmAlgId.Sha384,
        "sha512" => TpmAlgId.Sha512,
        _ => throw element.Fault("The attribute hash of <PolicyAuthorization> is no hash of key names."),
    };
}
