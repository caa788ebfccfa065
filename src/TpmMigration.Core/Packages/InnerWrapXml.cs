using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Xml.Linq;
using TpmMigration.Documents;
using TpmMigration.Tpm;
using static TpmMigration.Packages.PackageSchema;

namespace TpmMigration.Packages;

/// <summary>The element InnerWrap of a package, and the elements InnerKey of what it belongs to.</summary>
internal static class InnerWrapXml
{
    private const string Algorithm = "AES-128-CFB";

    internal static XElement Write(PackageInnerWrap wrap) => new(Ns + "InnerWrap",
        new XAttribute("algorithm", Algorithm),
        wrap.Agents.Select(agent => new XElement(Ns + "RecoveryAgent", Base64("Certificate", agent.Certificate), Base64("Envelope", agent.Envelope))),
        wrap.Passphrase is not { } passphrase ? null : new XElement(Ns + "RecoveryPassphrase",
            new XAttribute("salt", Hex.Format(passphrase.Salt)),
            new XAttribute("cost", passphrase.Cost.ToString(CultureInfo.InvariantCulture)),
            new XAttribute("blockSize", passphrase.BlockSize.ToString(CultureInfo.InvariantCulture)),
            new XAttribute("parallelization", passphrase.Parallelization.ToString(CultureInfo.InvariantCulture)),
            Convert.ToBase64String(passphrase.WrappedKey)));

    /// <summary>Null where there is none.</summary>
    internal static XElement? WriteInnerKey(byte[]? innerKey) => innerKey == null ? null : Base64("InnerKey", innerKey);

    /// <exception cref="DocumentFormatException">The element is not of the schema.</exception>
    internal static PackageInnerWrap Read(StrictElement element)
    {
        if (element.Attribute("algorithm") != Algorithm) throw element.Fault($"The inner wrap is of another algorithm than {Algorithm}.");
        List<PackageRecoveryAgent> agents = [];
        foreach (StrictElement agent in element.Children("RecoveryAgent"))
        {
            if (agents.Count == PackageInnerWrap.MostAgents) throw new DocumentLimitException($"<{element.Name}> names more than {PackageInnerWrap.MostAgents} recovery agents.");
            agents.Add(new PackageRecoveryAgent(agent.Child("Certificate").Base64(), agent.Child("Envelope").Base64()));
            agent.End();
        }
        PackageRecoveryPassphrase? passphrase = element.OptionalChild("RecoveryPassphrase") is { } other ? ReadPassphrase(other) : null;
        if (agents.Count == 0 && passphrase == null) throw element.Fault($"<{element.Name}> is empty.");
        element.End();
        return new PackageInnerWrap(agents, passphrase);
    }

    /// <summary>The next child, if it is an inner key.</summary>
    /// <exception cref="DocumentFormatException">It is not of the one size.</exception>
    internal static byte[]? ReadInnerKey(StrictElement parent) =>
        parent.OptionalChild("InnerKey") is { } element ? Sized(element, PackageInnerWrap.WrappedInnerKeySize) : null;

    private static PackageRecoveryPassphrase ReadPassphrase(StrictElement element)
    {
        byte[] salt = element.HexAttribute("salt");
        int cost = element.CountAttribute("cost"), blockSize = element.CountAttribute("blockSize"), parallelization = element.CountAttribute("parallelization");
        if (salt.Length != PackageRecoveryPassphrase.SaltSize) throw element.Fault($"The salt is not {PackageRecoveryPassphrase.SaltSize} bytes long.");
        bool isPower = (cost & (cost - 1)) == 0;
        if (!isPower || cost is < PackageRecoveryPassphrase.LeastCost or > PackageRecoveryPassphrase.MostCost
            || blockSize != PackageRecoveryPassphrase.OnlyBlockSize || parallelization is < 1 or > PackageRecoveryPassphrase.MostParallelization)
            throw element.Fault("The passphrase would be hashed with parameters that are not allowed: too weak, or too much work.");
        return new PackageRecoveryPassphrase(salt, cost, blockSize, parallelization, Sized(element, PackageInnerWrap.WrappedRecoveryKeySize));
    }

    private static byte[] Sized(StrictElement element, int size) =>
        element.Base64() is { } content && content.Length == size ? content : throw element.Fault($"<{element.Name}> does not hold a wrapped key of {size} bytes.");

    private static XElement Base64(string name, byte[] content) => new(Ns + name, Convert.ToBase64String(content));
}
