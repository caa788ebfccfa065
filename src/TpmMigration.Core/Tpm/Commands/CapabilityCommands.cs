using System.Collections.Generic;

namespace TpmMigration.Tpm;

// TPM 2.0 Part 3, clauses 16 (random numbers), 30 (capabilities) and 31 (non-volatile storage).

/// <summary>TPM2_GetRandom, Part 3, 16.1: up to one digest's size of bytes.</summary>
public sealed class GetRandom : TpmCommand<byte[]>
{
    public required int BytesRequested { get; init; }

    internal override TpmCc Code => TpmCc.GetRandom;

    internal override void WriteParameters(TpmWriter writer) => writer.WriteU16(BytesRequested);

    internal override byte[] ReadResponse(uint handle, TpmReader reader) => reader.ReadTpm2b();
}

/// <summary>TPM2_GetCapability, Part 3, 30.2, of lists of numbers (handles, commands, curves) and of numbers with a value (properties, algorithms).</summary>
public sealed class GetCapability : TpmCommand<GetCapabilityResponse>
{
    public required TpmCap Capability { get; init; }

    public required uint Property { get; init; }

    public required int PropertyCount { get; init; }

    internal override TpmCc Code => TpmCc.GetCapability;

    internal override void WriteParameters(TpmWriter writer)
    {
        writer.WriteU32((uint)Capability);
        writer.WriteU32(Property);
        writer.WriteU32((uint)PropertyCount);
    }

    internal override GetCapabilityResponse ReadResponse(uint handle, TpmReader reader)
    {
        bool moreData = reader.ReadU8() != 0;
        var capability = (TpmCap)reader.ReadU32();
        if (capability != Capability)
            throw new TpmWireException($"The TPM was asked for capability {Capability} and answered with {capability}.");
        uint count = reader.ReadU32();
        var values = new List<KeyValuePair<uint, uint>>();
        for (uint i = 0; i < count; i++)
        {
            uint first = capability is TpmCap.EccCurves or TpmCap.Algs ? reader.ReadU16() : reader.ReadU32();
            values.Add(new KeyValuePair<uint, uint>(first, capability is TpmCap.TpmProperties or TpmCap.Algs ? reader.ReadU32() : 0));
        }
        return new GetCapabilityResponse(moreData, values);
    }
}

/// <param name="MoreData">Whether there is more from where the list ends.</param>
/// <param name="Values">Handles, curves or command attributes as keys; for properties and algorithms, with their value.</param>
public sealed record GetCapabilityResponse(bool MoreData, IReadOnlyList<KeyValuePair<uint, uint>> Values);

/// <summary>TPM2_NV_ReadPublic, Part 3, 31.6.</summary>
public sealed class NvReadPublic : TpmCommand<NvReadPublicResponse>
{
    public required uint NvIndex { get; init; }

    internal override TpmCc Code => TpmCc.NvReadPublic;

    internal override IReadOnlyList<TpmHandle> Handles => [new TpmHandle(NvIndex, [])];

    internal override NvReadPublicResponse ReadResponse(uint handle, TpmReader reader) => new(TpmsNvPublic.ReadSized(reader), reader.ReadTpm2b());
}

public sealed record NvReadPublicResponse(TpmsNvPublic NvPublic, byte[] NvName);

/// <summary>TPM2_NV_Read, Part 3, 31.13. Authorizes <see cref="AuthHandle"/>: the index itself, or the owner.</summary>
public sealed class NvRead : TpmCommand<byte[]>
{
    public required TpmHandle AuthHandle { get; init; }

    public required TpmHandle NvIndex { get; init; }

    /// <summary>Bytes to read, at most TPM_PT_NV_BUFFER_MAX.</summary>
    public required int Size { get; init; }

    public required int Offset { get; init; }

    internal override TpmCc Code => TpmCc.NvRead;

    internal override IReadOnlyList<TpmHandle> Handles => [AuthHandle, NvIndex];

    internal override int AuthorizedHandles => 1;

    internal override void WriteParameters(TpmWriter writer)
    {
        writer.WriteU16(Size);
        writer.WriteU16(Offset);
    }

    internal override byte[] ReadResponse(uint handle, TpmReader reader) => reader.ReadTpm2b();
}
