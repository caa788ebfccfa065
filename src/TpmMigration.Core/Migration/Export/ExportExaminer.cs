using System;
using System.Collections.Generic;
using System.Linq;
using TpmMigration.Approvals;
using TpmMigration.Keys;
using TpmMigration.Tpm;

namespace TpmMigration.Migration;

/// <summary>
/// Finds all that is known to stand against an export, with commands that leave the TPM as it is. Where the export itself leaves the
/// judgement to the TPM, here the documents are held against each other. What only the TPM can know stays open: whether it was restarted
/// since an approval was given, and whether a password is right.
/// </summary>
internal sealed class ExportExaminer
{
    private const uint OwnerAuthSet = 1;

    private readonly KeyLoader _loader;
    private readonly ExportRequest _request;
    private readonly KeyPasswords _passwords;
    private readonly DuplicationPolicy _policy;
    private readonly DataPacker _data;

    internal ExportExaminer(KeyLoader loader, ExportRequest request, KeyPasswords passwords, DuplicationPolicy policy, DataPacker data) =>
        (_loader, _request, _passwords, _policy, _data) = (loader, request, passwords, policy, data);

    /// <summary>What stands against every key: a new parent that this TPM cannot wrap to, or an Owner's password that is missing.</summary>
    internal IReadOnlyList<ExportObstacle> Destination()
    {
        List<ExportObstacle> obstacles = [];
        Try(obstacles, null, RequireParent);
        if (_request.OwnerReason != null && _passwords.Owner.Length == 0) Try(obstacles, null, RequireOwner);
        return obstacles;
    }

    /// <param name="key">A key of the store.</param>
    /// <param name="below">The keys that would go along.</param>
    internal IReadOnlyList<ExportObstacle> Key(StoredKey key, IReadOnlyList<StoredKey> below)
    {
        string name = key.Record.Name;
        List<ExportObstacle> obstacles = [];
        TpmtPublic publicArea = key.PublicArea();
        KeyClassification classification = KeyClassification.Of(publicArea, key.Record.PolicyBranches);
        Try(obstacles, name, () => MigrationRules.RequireOwnerCanApprove(name, classification));
        Try(obstacles, name, () => MigrationRules.RequireInnerWrap(name, publicArea, _request.HasInnerWrap));
        Try(obstacles, name, () => KeyAncestry.RequireLoadable(_loader, key, _passwords));
        if (key.HasPassword() && _passwords.Key.Length == 0) obstacles.Add(new ExportObstacle(name, KeyAuthorizationException.MissingFor(name)));
        // No approval of the Owner would help another kind of key.
        if (classification.Kind == KeyKind.Migratable) Try(obstacles, name, () => RequireApproval(name, publicArea));
        foreach (StoredKey traveller in below.Prepend(key))
            Try(obstacles, traveller.Record.Name, () => _data.Examine(traveller));
        return obstacles;
    }

    private void RequireApproval(string name, TpmtPublic key)
    {
        if (_policy.Choose(name, key) is { } approval) _policy.RequireForDestination(name, key, approval);
    }

    private void RequireParent()
    {
        TpmtPublic parent = _request.Destination.Parent;
        IReadOnlyCollection<uint> algorithms = _loader.Device.GetNumbers(TpmCap.Algs);
        TpmAlgId missing = new[] { parent.Type, parent.NameAlg, parent.Symmetric.Algorithm }.FirstOrDefault(a => !algorithms.Contains((uint)a));
        if (missing != TpmAlgId.Error) throw Unsupported(missing.ToString());
        if (parent.Parameters is TpmsEccParms { CurveId: var curve } && !_loader.Device.GetNumbers(TpmCap.EccCurves).Contains((uint)curve)) throw Unsupported($"the curve {curve}");
    }

    private UnsupportedAlgorithmException Unsupported(string what) => new(
        $"This machine's TPM cannot let a key go to '{_request.Destination.HostName}': the new parent uses {what}, which the TPM does not have. Have the destination made with another parent.");

    private void RequireOwner()
    {
        if (_loader.Device.GetProperties(TpmPt.Permanent, 1).TryGetValue(TpmPt.Permanent, out uint set) && (set & OwnerAuthSet) != 0)
            throw KeyAuthorizationException.MissingForOwner();
    }

    private static void Try(List<ExportObstacle> obstacles, string? name, Action check)
    {
        try
        {
            check();
        }
        catch (Exception e) when (e is KeyException or ApprovalException or KeyDataException or UnsupportedAlgorithmException or KeyStoreException { Fault: KeyStoreFault.KeyDamaged }
            or KeyAuthorizationException { WasTried: false })
        {
            obstacles.Add(new ExportObstacle(name, e));
        }
    }
}
