using System;
using System.Buffers.Binary;

namespace TpmMigration.Tests.Transport;

/// <summary>Raw frames, built here independently of the code under test.</summary>
internal static class Frames
{
    internal const uint Success = 0;
    internal const uint Canceled = 0x909;

    internal static byte[] GetRandom(byte count) => [0x80, 0x01, 0, 0, 0, 12, 0, 0, 0x01, 0x7B, 0, count];

    /// <summary>TPM2_GetCapability(TPM_CAP_COMMANDS, first, as many as fit): the longest response there is.</summary>
    internal static byte[] GetCommands() =>
        [0x80, 0x01, 0, 0, 0, 22, 0, 0, 0x01, 0x7A, 0, 0, 0, 2, 0, 0, 0x01, 0x1F, 0, 0, 0x10, 0];

    /// <summary>TPM2_CreatePrimary in the owner hierarchy: an RSA 3072 signing key of its own for each seed.</summary>
    internal static byte[] CreateRsa3072(uint seed)
    {
        byte[] unique = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(unique, seed);
        byte[] area =
        [
            0x00, 0x01, 0x00, 0x0B, 0x00, 0x04, 0x00, 0x72, 0x00, 0x00, // RSA, SHA-256, signing, no policy
            0x00, 0x10, 0x00, 0x10, 0x0C, 0x00, 0, 0, 0, 0, // no symmetric, no scheme, 3072 bits, default exponent
            0x00, 0x04, .. unique,
        ];
        byte[] body =
        [
            0x40, 0x00, 0x00, 0x01, // owner
            0, 0, 0, 9, 0x40, 0x00, 0x00, 0x09, 0, 0, 0, 0, 0, // password session, empty
            0, 4, 0, 0, 0, 0, // no auth value, no data
            (byte)(area.Length >> 8), (byte)area.Length, .. area,
            0, 0, 0, 0, 0, 0, // no outside info, no PCR
        ];
        return [0x80, 0x02, 0, 0, 0, (byte)(10 + body.Length), 0, 0, 0x01, 0x31, .. body];
    }

    internal static byte[] Response(uint code, params byte[] parameters)
    {
        byte[] frame = [0x80, 0x01, 0, 0, 0, 0, 0, 0, 0, 0, .. parameters];
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(2), (uint)frame.Length);
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(6), code);
        return frame;
    }

    internal static uint Code(byte[] frame) => BinaryPrimitives.ReadUInt32BigEndian(frame.AsSpan(6));
}
