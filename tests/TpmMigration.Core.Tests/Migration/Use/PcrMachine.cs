using System;
using System.Linq;
using TpmMigration.Keys;
using TpmMigration.Tpm;

namespace TpmMigration.Tests.Migration.Use;

/// <summary>What the tests of use policies do with machines.</summary>
internal static class PcrMachine
{
    internal const string Pcrs = "sha256:0,2,7";

    /// <summary>Makes a key whose use is bound to PCRs: a CMK where authorities are named.</summary>
    internal static StoredKey CreateBound(
        this Machine machine, string name, string pcrs = Pcrs, KeyRole role = KeyRole.Sign, KeyAlgorithm algorithm = KeyAlgorithm.EccP256, Msa[]? authorities = null, int quorum = 1,
        string? parent = null, bool movesWithParent = false, string pin = "") =>
        machine.Run(loader =>
        {
            var request = new NewKey
            {
                Name = name,
                Role = role,
                Algorithm = algorithm,
                UsePcrs = TpmsPcrSelection.Parse(pcrs),
                SelectionAuthorities = [.. (authorities ?? []).Select(msa => msa.Authority)],
                Quorum = quorum,
                Parent = parent,
                MovesWithParent = movesWithParent,
            };
            using KeyPasswords passwords = Machine.Password(key: pin);
            return KeyCreator.Create(loader, request, passwords);
        });

    /// <summary>Changes a PCR, as another program that is started does.</summary>
    internal static void Extend(this Machine machine, int pcr) => machine.Tpm.Tool("tpm2_pcrextend", $"{pcr}:sha256={new string('a', 64)}");

    /// <summary>The use policy of a stored key, as its record and public area tell it.</summary>
    internal static UsePolicy? UseOf(StoredKey key) => KeyClassification.Of(key.PublicArea(), key.Record.PolicyBranches).Use;

    /// <summary>Signs with a key of the store, as a program does that knows its policy and PIN.</summary>
    internal static TpmtSignature Sign(this Machine machine, string name, string pin = "") => machine.Run(loader =>
    {
        StoredKey key = loader.Store.Find(name)!.Require();
        using KeyPasswords passwords = Machine.Password(key: pin);
        TpmObject loaded = loader.Load(key);
        using var use = new KeyUse(loader, loaded, key.Record.PolicyBranches, passwords.Key);
        return loader.Device.Execute(Signing(loaded), use.Authorize());
    });

    internal static Sign Signing(TpmObject key) => new()
    {
        KeyHandle = key.Handle,
        Digest = new byte[32],
        InScheme = new TpmtScheme(key.PublicArea.Type == TpmAlgId.Rsa ? TpmAlgId.RsaSsa : TpmAlgId.EcDsa, TpmAlgId.Sha256),
    };

    /// <summary>Runs the steps of one of the policy's branches as they are recorded, then its PolicyOR, with a trusting Owner and authority.</summary>
    internal static void Satisfy(TpmDevice device, TpmHandle session, StoredKey key, int branch, Action<PolicyStep>? other = null)
    {
        foreach (PolicyStep step in key.Record.PolicyBranches[branch])
        {
            switch ((TpmCc)step.CommandCode)
            {
                case TpmCc.PolicyAuthValue:
                    device.Execute(new PolicyAuthValue { PolicySession = session });
                    break;
                case TpmCc.PolicySecret:
                    device.Execute(new PolicySecret { AuthHandle = TpmHandle.Owner, PolicySession = session }, TpmAuthorization.Empty);
                    break;
                case TpmCc.PolicyCommandCode:
                    device.Execute(new PolicyCommandCode { PolicySession = session, CommandCode = TpmCc.Duplicate });
                    break;
                case TpmCc.PolicyPcr:
                    PcrStep pcrs = PcrStep.Read(TpmAlgId.Sha256, step);
                    device.Execute(new PolicyPcr { PolicySession = session, PcrDigest = pcrs.PcrDigest, Pcrs = pcrs.Pcrs });
                    break;
                default:
                    other!(step);
                    break;
            }
        }
        foreach (var list in PolicyBranches.OrPath(TpmAlgId.Sha256, key.Record.PolicyBranches, branch))
            device.Execute(new PolicyOr { PolicySession = session, HashList = list });
    }
}
