using System;
using System.Buffers.Binary;
using TpmMigration.Tpm;

namespace TpmMigration.Fuzz.Targets;

/// <summary>A command that is sent to a TPM which answers with what it is fed.</summary>
/// <param name="Name">The command's.</param>
/// <param name="Seed">Parameters of an answer as it should be.</param>
/// <param name="Loads">Whether a handle comes before them.</param>
/// <param name="Authorizations">How many authorizations the command has when it is sent with passwords.</param>
/// <param name="Execute">Sends it.</param>
internal sealed record CommandFeed(string Name, byte[] Seed, bool Loads, int Authorizations, Func<FakeTpm, TpmDevice, AnswerForm, string> Execute)
{
    internal string Run(byte[] answer, AnswerForm form)
    {
        var tpm = new FakeTpm(answer, form);
        using var device = new TpmDevice(tpm);
        return Execute(tpm, device, form);
    }

    /// <summary>The right answer as a whole frame.</summary>
    internal byte[] SeedFrame()
    {
        byte[] handle = Loads ? [0x80, 0, 0, 0] : [];
        byte[] frame = Authorizations == 0
            ? [0x80, 0x01, 0, 0, 0, 0, 0, 0, 0, 0, .. handle, .. Seed]
            : [0x80, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, .. handle, 0, 0, (byte)(Seed.Length >> 8), (byte)Seed.Length, .. Seed, .. new byte[5 * Authorizations]];
        MendSize(frame);
        return frame;
    }

    /// <summary>Lets a frame's header state the size it has.</summary>
    internal static void MendSize(byte[] frame)
    {
        if (frame.Length >= 6) BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(2), frame.Length);
    }
}
