using System.Linq;

namespace TpmMigration.Tpm;

/// <summary>One policy command of a branch, as a TPM executes it: TPMPolicy of the TSS2 key file.</summary>
/// <param name="CommandCode">The TPM command code, TPM2_PolicyAuthValue (0x16B) for instance.</param>
/// <param name="CommandPolicy">
/// The marshalled body of the command as the key file format defines it, without handles that only a running session has; empty for a
/// command without parameters.
/// </param>
public sealed record PolicyStep(uint CommandCode, byte[] CommandPolicy)
{
    public bool Equals(PolicyStep? other) =>
        other is not null && CommandCode == other.CommandCode && Enumerable.SequenceEqual(CommandPolicy, other.CommandPolicy);

    public override int GetHashCode() => unchecked((int)CommandCode * 31 + CommandPolicy.Length);

    public override string ToString() => $"0x{CommandCode:x8} with {CommandPolicy.Length} bytes";
}
