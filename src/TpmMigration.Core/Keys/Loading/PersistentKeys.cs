using System;
using System.Collections.Generic;
using TpmMigration.Tpm;

namespace TpmMigration.Keys;

/// <summary>Keys at persistent handles (0x81xxxxxx).</summary>
public static class PersistentKeys
{
    private const uint First = 0x81000000;

    // Handles 0x81000000 to 0x8100FFFF are reserved for storage keys by the TCG's registry of handles; the first 256 are much used.
    private const uint FirstForOurs = 0x81000100;
    private const uint LastForOurs = 0x8100FFFF;

    /// <summary>The key at a handle, or null if there is none.</summary>
    public static TpmObject? Read(TpmDevice device, uint handle)
    {
        try
        {
            return device.Execute(new ReadPublic { ObjectHandle = handle });
        }
        catch (TpmException e) when (e.Code == TpmRc.Handle || e.Code == TpmRc.ReferenceH0)
        {
            return null;
        }
    }

    /// <summary>All of them: one command, and one more for each.</summary>
    public static IEnumerable<TpmObject> All(TpmDevice device)
    {
        foreach (uint handle in device.GetHandles(First))
        {
            if (Read(device, handle) is { } key) yield return key;
        }
    }

    /// <summary>The handle at which the key of this name is persistent, or null.</summary>
    public static TpmHandle? Find(TpmDevice device, byte[] name)
    {
        foreach (TpmObject key in All(device))
        {
            if (SecretBytes.FixedTimeEquals(key.Handle.Name, name)) return key.Handle;
        }
        return null;
    }

    /// <summary>Makes a loaded key persistent at a free handle.</summary>
    /// <exception cref="KeyException">There is no room.</exception>
    /// <exception cref="KeyAuthorizationException">The owner's password is wrong or missing.</exception>
    public static TpmHandle Persist(KeyLoader loader, TpmHandle key, byte[] ownerPassword)
    {
        var taken = new HashSet<uint>(loader.Device.GetHandles(First));
        uint handle = FirstForOurs;
        while (taken.Contains(handle)) handle++;
        if (handle > LastForOurs)
            throw new KeyException(KeyFault.NoRoom, "All persistent handles for storage keys are taken. Remove one with Remove-TpmKey.");
        var persistent = new TpmHandle(handle, key.Name);
        try
        {
            Control(loader.Device, loader.Session, key, handle, ownerPassword);
        }
        catch (Exception e) when (e is not (TpmException or KeyAuthorizationException or KeyException))
        {
            // No refusal, but no answer either: the command may have run.
            Undo(loader, persistent, ownerPassword);
            throw;
        }
        return persistent;
    }

    /// <summary>Evicts a key that failed work made persistent, if it is there.</summary>
    public static void Undo(KeyLoader loader, TpmHandle key, byte[] ownerPassword) => loader.Device.Undo(() =>
    {
        if (Read(loader.Device, key.Value) is not { } present || !SecretBytes.FixedTimeEquals(present.Handle.Name, key.Name)) return;
        using TpmSession session = TpmSession.Start(loader.Device, TpmSe.Hmac, loader.StorageRoot);
        Evict(loader.Device, session, key, ownerPassword);
    });

    /// <summary>Removes a persistent key from the TPM.</summary>
    /// <exception cref="KeyAuthorizationException">The owner's password is wrong or missing.</exception>
    public static void Evict(TpmDevice device, TpmSession session, TpmHandle key, byte[] ownerPassword) =>
        Control(device, session, key, key.Value, ownerPassword);

    private static void Control(TpmDevice device, TpmSession session, TpmHandle key, uint handle, byte[] ownerPassword)
    {
        try
        {
            KeyAuthorizationException.Explain(device, AuthorizationSubject.Owner, string.Empty, () => device.Execute(
                new EvictControl { Auth = TpmHandle.Owner, ObjectHandle = key, PersistentHandle = handle }, session.Authorize(ownerPassword)));
        }
        catch (TpmException e) when (e.Code == TpmRc.NvSpace)
        {
            throw new KeyException(KeyFault.NoRoom, "The TPM has no memory left for another persistent key. Remove one with Remove-TpmKey.", e);
        }
    }
}
