using System;
using System.Collections.Generic;
using System.Linq;
using TpmMigration.Documents;
using TpmMigration.Tpm;
using static TpmMigration.Packages.PackageSchema;

namespace TpmMigration.Packages;

/// <summary>
/// Reads the keys of a package, and holds what belongs together against each other. What does not fit is remembered until the signature
/// was checked: an altered package is first of all one whose signature does not hold.
/// </summary>
internal sealed class PackageKeyReader
{
    private const int MostCertificates = 64;

    private readonly PackageLimits _limits;
    private readonly Dictionary<Guid, PackageKey> _byId = [];
    private readonly HashSet<string> _names = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<PackageKey> _keys = [];
    private readonly AuthorityCertificates _authorities = new();
    private PackageIntegrityException? _first;
    private (TpmAlgId Hash, IReadOnlyList<IReadOnlyList<PolicyStep>> Policy, byte[] Digest)? _lastPolicy;

    internal PackageKeyReader(PackageLimits limits) => _limits = limits;

    internal IReadOnlyList<PackageKey> Keys => _keys;

    /// <exception cref="DocumentFormatException">The element is not of the schema.</exception>
    internal void Read(StrictElement element)
    {
        int line = element.Line;
        PackageKey key = ReadKey(element);
        if (_byId.ContainsKey(key.Id) || !_names.Add(key.Name))
            throw new PackageFormatException(PackageFormatFault.Duplicate, $"The id or name of the key '{key.Name}' occurs twice in the package.", line);
        if (key.Blob is ChildBlob child) HoldParent(key, child, line);
        _byId.Add(key.Id, key);
        _keys.Add(key);
    }

    /// <summary>Holds a name against its public area.</summary>
    internal void HoldName(string what, byte[] name, TpmtPublic publicArea)
    {
        if (!SecretBytes.FixedTimeEquals(name, publicArea.Name))
            Remember(PackageIntegrityFault.NameMismatch, $"{what} does not have the name that the package gives it.");
    }

    /// <exception cref="PackageIntegrityException">Something that was read does not fit.</exception>
    internal void RequireIntegrity(PackageDestination destination, PackageDataKey? dataKey, PackageInnerWrap? innerWrap)
    {
        if (!destination.Parent.IsStorageKey)
            Remember(PackageIntegrityFault.ParentMismatch, "The destination's parent is no storage key and takes no keys in.");
        if (destination.Kind == PackageDestinationKind.EndorsementKey && EndorsementTemplate.Of(destination.Parent) == null)
            Remember(PackageIntegrityFault.ParentMismatch, "The destination's parent is not the endorsement key that the package says it is.");
        if (dataKey == null && _keys.FirstOrDefault(k => k.Data.Count != 0) is { } key)
            Remember(PackageIntegrityFault.DataMismatch, $"The key '{key.Name}' has data, and the package has no data key.");
        HoldInnerWrap(dataKey, innerWrap != null);
        if (_first != null) throw _first;
    }

    internal static byte[][] Certificates(StrictElement element)
    {
        byte[][] certificates = element.Children("Certificate").Select(c => c.Base64()).ToArray();
        if (certificates.Length == 0) throw element.Fault($"<{element.Name}> is empty.");
        if (certificates.Length > MostCertificates) throw new DocumentLimitException($"<{element.Name}> holds more than {MostCertificates} certificates.");
        element.End();
        return certificates;
    }

    internal static PackageExtension Extension(StrictElement element)
    {
        var extension = new PackageExtension(element.Attribute("type"), element.BoolAttribute("critical"), element.Base64());
        if (extension.Critical)
            throw new PackageFormatException(PackageFormatFault.UnknownExtension, $"The package can only be read by a program that knows its extension '{extension.Type}'. Read it with a later release.");
        return extension;
    }

    private PackageKey ReadKey(StrictElement element)
    {
        Guid id = element.GuidAttribute("id");
        string name = element.Attribute("keyName");
        string kind = element.Attribute("kind");
        byte[] tpmName = element.HexAttribute("name");
        DateTime created = element.DateAttribute("created");
        bool hasPassword = element.BoolAttribute("hasPassword");
        Guid? parent = element.OptionalAttribute("parent") == null ? null : element.GuidAttribute("parent");
        string? description = element.OptionalChild("Description")?.Text();
        TpmtPublic publicArea = element.Child("Public").Structure(TpmtPublic.Unmarshal);
        HoldName($"The key '{name}'", tpmName, publicArea);
        IReadOnlyList<PolicyStep>[] policy = element.OptionalChild("Policy") is { } policyElement ? PolicyElement.Read(policyElement) : [];
        HoldPolicy(name, publicArea, policy);
        PcrValue[] pcrs = element.OptionalChild("ExpectedPcrs") is { } pcrsElement ? ExpectedPcrsElement.Read(pcrsElement) : [];
        HoldPcrs(name, publicArea, policy, pcrs);
        byte[][] authorities = element.OptionalChild("SelectionAuthorities") is { } authoritiesElement ? Certificates(authoritiesElement) : [];
        HoldAuthorities(name, policy, authorities);
        KeyBlob blob = parent is { } parentId
            ? ReadChildBlob(element.Child("ChildBlob"), parentId)
            : ReadMigrationBlob(element.Child("MigrationBlob"));
        KeyPossession? possession = blob is MigrationBlob && element.OptionalChild("Possession") is { } possessionElement ? ReadPossession(possessionElement) : null;
        SealedData[] data = element.OptionalChild("Data") is { } dataElement ? ReadData(dataElement, name) : [];
        PackageExtension[] extensions = element.Children("Extension").Select(Extension).ToArray();
        element.End();
        return new PackageKey
        {
            Id = id,
            Name = name,
            Kind = kind,
            PublicArea = publicArea,
            Created = created,
            Description = description,
            HasPassword = hasPassword,
            Policy = policy,
            ExpectedPcrs = pcrs,
            SelectionAuthorities = authorities,
            Blob = blob,
            Possession = possession,
            Data = data,
            Extensions = extensions,
        };
    }

    /// <summary>All or none: what has no inner wrap would be open to whoever holds the new parent.</summary>
    private void HoldInnerWrap(PackageDataKey? dataKey, bool innerWrap)
    {
        string says = innerWrap ? "has no inner key, and the package has an inner wrap." : "has an inner key, and the package has no inner wrap.";
        if (dataKey != null && (dataKey.InnerKey != null) != innerWrap)
            Remember(PackageIntegrityFault.InnerWrapMismatch, "The data key " + says);
        else if (_keys.FirstOrDefault(k => k.Blob is MigrationBlob blob && (blob.InnerKey != null) != innerWrap) is { } key)
            Remember(PackageIntegrityFault.InnerWrapMismatch, $"The key '{key.Name}' {says}");
    }

    private static MigrationBlob ReadMigrationBlob(StrictElement element)
    {
        var blob = new MigrationBlob(element.Child("Duplicate").Base64(), element.Child("EncryptedSeed").Base64(), InnerWrapXml.ReadInnerKey(element));
        element.End();
        return blob;
    }

    private static KeyPossession ReadPossession(StrictElement element)
    {
        var possession = new KeyPossession(element.Child("Statement").Base64(), element.Child("Signature").Structure(TpmtSignature.Unmarshal));
        element.End();
        return possession;
    }

    private static ChildBlob ReadChildBlob(StrictElement element, Guid parentId)
    {
        var blob = new ChildBlob(parentId, element.Child("Private").Base64());
        element.End();
        return blob;
    }

    private SealedData[] ReadData(StrictElement element, string key)
    {
        List<SealedData> items = [];
        foreach (StrictElement item in element.Children("Item"))
        {
            if (items.Count == _limits.MostDataPerKey)
                throw new DocumentLimitException($"The key '{key}' has more than {_limits.MostDataPerKey} pieces of data.");
            var data = new SealedData(item.Attribute("type"), item.Attribute("name"), item.Attribute("mediaType"), item.CountAttribute("length"), item.Base64());
            if (items.Any(i => i.Type == data.Type && i.Name == data.Name))
                throw new PackageFormatException(PackageFormatFault.Duplicate, $"The key '{key}' has two pieces of data of one type and name.");
            if (data.Content.Length != (long)data.Length + SealedDataOverhead)
                Remember(PackageIntegrityFault.DataMismatch, $"A piece of data of the key '{key}' is not as long as the package says.");
            items.Add(data);
        }
        if (items.Count == 0) throw element.Fault("<Data> is empty.");
        element.End();
        return [.. items];
    }

    private void HoldPolicy(string name, TpmtPublic publicArea, IReadOnlyList<IReadOnlyList<PolicyStep>> policy)
    {
        if (policy.Count == 0) return;
        try
        {
            if (!SecretBytes.FixedTimeEquals(PolicyDigestOf(publicArea.NameAlg, policy), publicArea.AuthPolicy))
                Remember(PackageIntegrityFault.PolicyMismatch, $"The policy recorded for the key '{name}' is not the one in its public area.");
        }
        catch (TpmWireException e)
        {
            Remember(PackageIntegrityFault.PolicyMismatch, $"The policy of the key '{name}' cannot be read. {e.Message}", e);
        }
    }

    private void HoldAuthorities(string name, IReadOnlyList<IReadOnlyList<PolicyStep>> policy, byte[][] certificates)
    {
        if (certificates.Length != 0 && _authorities.Problem(policy, certificates) is { } problem)
            Remember(PackageIntegrityFault.PolicyMismatch, $"The key '{name}' comes with certificates of Migration Selection Authorities: {problem}");
    }

    private void HoldPcrs(string name, TpmtPublic publicArea, IReadOnlyList<IReadOnlyList<PolicyStep>> policy, PcrValue[] pcrs)
    {
        if (pcrs.Length != 0 && !ExpectedPcrsElement.Fit(publicArea.NameAlg, policy, pcrs))
            Remember(PackageIntegrityFault.PolicyMismatch, $"The PCR values stated for the key '{name}' are not those that its policy asks for.");
    }

    /// <summary>The digest of a policy; most keys of a package have the same one.</summary>
    private byte[] PolicyDigestOf(TpmAlgId hash, IReadOnlyList<IReadOnlyList<PolicyStep>> policy)
    {
        if (_lastPolicy is not { } last || last.Hash != hash || last.Policy.Count != policy.Count || !last.Policy.Zip(policy, Enumerable.SequenceEqual).All(same => same))
            _lastPolicy = last = (hash, policy, PolicyBranches.Digest(hash, policy));
        return last.Digest;
    }

    private void HoldParent(PackageKey key, ChildBlob child, int line)
    {
        if (!_byId.TryGetValue(child.ParentId, out PackageKey? parent))
            throw new PackageFormatException(PackageFormatFault.ParentMissing, $"The parent of the key '{key.Name}' is missing: a parent comes before its children.", line);
        if (!parent.PublicArea.IsStorageKey)
            Remember(PackageIntegrityFault.ParentMismatch, $"The parent of the key '{key.Name}' is no storage key.");
        else if (parent.PublicArea.Has(TpmaObject.EncryptedDuplication) != key.PublicArea.Has(TpmaObject.EncryptedDuplication))
            Remember(PackageIntegrityFault.ParentMismatch, $"The key '{key.Name}' and its parent differ in encryptedDuplication, which no TPM allows.");
    }

    private void Remember(PackageIntegrityFault fault, string what, Exception? cause = null) =>
        _first ??= new PackageIntegrityException(fault, what + " The package was altered, or whoever made it made a mistake. Get it anew from its source.", cause);
}
