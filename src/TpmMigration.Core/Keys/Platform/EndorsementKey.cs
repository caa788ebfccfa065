using System;
using System.Collections.Generic;
using TpmMigration.Tpm;

namespace TpmMigration.Keys;

/// <summary>The endorsement key of a platform and its certificate, as far as the platform gives them. TCG EK Credential Profile, 2.2.</summary>
/// <param name="PublicArea">The public area.</param>
/// <param name="Certificate">As it lies in the TPM, not checked, with the padding that some manufacturers add; null if there is none.</param>
public sealed record EndorsementKey(TpmtPublic PublicArea, byte[]? Certificate)
{
    // The endorsement hierarchy's handles in the TCG's registry of reserved handles.
    private const uint FirstPersistent = 0x81010000, LastPersistent = 0x8101FFFF;

    // Persistent handle and NV index of the certificate: RSA 2048, then ECC P-384 (high range) and P-256 (low range), which share a handle.
    private static readonly (uint Handle, uint[] Certificates)[] Places =
    [
        (0x81010001, [0x01C00002]),
        (0x81010016, [0x01C00016, 0x01C0000A]),
    ];

    /// <summary>Reads the first endorsement key there is, one with a certificate before one without.</summary>
    /// <returns>Null if the platform keeps none and its endorsement hierarchy does not let one be made.</returns>
    public static EndorsementKey? Read(TpmDevice device)
    {
        EndorsementKey? bare = null;
        foreach ((uint handle, uint[] indices) in Places)
        {
            if (PersistentKeys.Read(device, handle) is not { } key) continue;
            foreach (uint index in indices)
            {
                if (ReadNv(device, index) is { } certificate) return new EndorsementKey(key.PublicArea, certificate);
            }
            bare ??= new EndorsementKey(key.PublicArea, null);
        }
        return bare ?? Create(device);
    }

    /// <summary>
    /// Finds the key of a public area that follows one of the profile's templates: persistent, or made from the template. What is made and
    /// turns out to be another key is flushed; what is returned is the caller's to flush.
    /// </summary>
    /// <returns>Null if it is another TPM's, or this one does not let its own be made.</returns>
    public static TpmObject? Find(TpmDevice device, TpmtPublic publicArea)
    {
        if (EndorsementTemplate.Of(publicArea) is not { } template) return null;
        foreach (uint handle in device.GetHandles(FirstPersistent))
        {
            if (handle > LastPersistent) break;
            if (PersistentKeys.Read(device, handle) is { } key && SecretBytes.FixedTimeEquals(key.Handle.Name, publicArea.Name)) return key;
        }
        try
        {
            TpmObject made = device.Execute(new CreatePrimary { PrimaryHandle = TpmHandle.Endorsement, InPublic = template.PublicArea }, TpmAuthorization.Empty);
            if (SecretBytes.FixedTimeEquals(made.Handle.Name, publicArea.Name)) return made;
            device.Flush(made.Handle);
            return null;
        }
        catch (TpmException e) when (IsUnavailable(e) || e.Code == TpmRc.Curve || e.Code == TpmRc.KeySize || e.Code == TpmRc.Hash || e.Code == TpmRc.Symmetric || e.Code == TpmRc.Asymmetric)
        {
            return null;
        }
    }

    /// <summary>Leads a session that has just begun to the policy of an endorsement key: who may use its hierarchy may use it.</summary>
    /// <param name="device">The TPM.</param>
    /// <param name="session">A policy session of the key's name algorithm.</param>
    /// <param name="key">Its public area.</param>
    /// <exception cref="TpmException">The endorsement hierarchy has a password.</exception>
    internal static void Satisfy(TpmDevice device, TpmSession session, TpmtPublic key)
    {
        device.Execute(new PolicySecret { AuthHandle = TpmHandle.Endorsement, PolicySession = session.Handle }, TpmAuthorization.Empty);
        if (EndorsementTemplate.Of(key)?.PolicyBranches is { Count: > 0 } branches)
            device.Execute(new PolicyOr { PolicySession = session.Handle, HashList = branches });
    }

    private static EndorsementKey? Create(TpmDevice device)
    {
        try
        {
            TpmObject key = device.Execute(
                new CreatePrimary { PrimaryHandle = TpmHandle.Endorsement, InPublic = KeyTemplates.EndorsementRsa2048 }, TpmAuthorization.Empty);
            device.Flush(key.Handle);
            return new EndorsementKey(key.PublicArea, ReadNv(device, Places[0].Certificates[0]));
        }
        catch (TpmException e) when (IsUnavailable(e))
        {
            return null; // The inventory of a platform goes on without its endorsement key.
        }
    }

    /// <summary>Whether the hierarchy has a password or is off.</summary>
    private static bool IsUnavailable(TpmException e) => e.Code == TpmRc.BadAuth || e.Code == TpmRc.AuthFail || e.Code == TpmRc.Hierarchy || e.Code == TpmRc.ValueCode;

    /// <returns>Null if there is no such index, or it does not let itself be read.</returns>
    internal static byte[]? ReadNv(TpmDevice device, uint index)
    {
        NvReadPublicResponse area;
        try
        {
            area = device.Execute(new NvReadPublic { NvIndex = index });
        }
        catch (TpmException e) when (e.Code == TpmRc.Handle || e.Code == TpmRc.ReferenceH0)
        {
            return null;
        }
        if (!area.NvPublic.CanBeReadWithItsOwnAuth) return null;
        IReadOnlyDictionary<TpmPt, uint> limits = device.GetProperties(TpmPt.NvBufferMax, 1);
        int most = limits.TryGetValue(TpmPt.NvBufferMax, out uint value) ? (int)value : 512;
        var handle = new TpmHandle(index, area.NvName);
        var content = new List<byte>();
        while (content.Count < area.NvPublic.DataSize)
        {
            int size = Math.Min(most, area.NvPublic.DataSize - content.Count);
            content.AddRange(device.Execute(
                new NvRead { AuthHandle = handle, NvIndex = handle, Offset = content.Count, Size = size }, TpmAuthorization.Empty));
        }
        return [.. content];
    }
}
