namespace TpmMigration.Tpm;

/// <summary>A handle with the name of what it stands for, so that authorizations are computed over what was meant. TPM 2.0 Part 1, clause 15.</summary>
public sealed record TpmHandle(uint Value, byte[] Name)
{
    public static TpmHandle Owner { get; } = Permanent(0x40000001);

    public static TpmHandle Null { get; } = Permanent(0x40000007);

    public static TpmHandle Lockout { get; } = Permanent(0x4000000A);

    public static TpmHandle Endorsement { get; } = Permanent(0x4000000B);

    /// <summary>A hierarchy, PCR or session: its name is the handle itself.</summary>
    public static TpmHandle Permanent(uint value) => new(value, ObjectName.OfHandle(value));

    public bool IsPersistent => Value >> 24 == 0x81;

    public bool IsTransient => Value >> 24 == 0x80;

    public override string ToString() => $"0x{Value:X8}";
}

/// <summary>The handle of an object with its public area.</summary>
public sealed record TpmObject(TpmHandle Handle, TpmtPublic PublicArea)
{
    /// <summary>Whether its authorization value is known to be empty.</summary>
    public bool HasEmptyAuth { get; init; }
}
