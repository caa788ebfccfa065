using System;
using System.Buffers.Binary;
using System.Threading;
using TpmMigration.Tpm;
using TpmMigration.Transport;

namespace TpmMigration.Fuzz.Targets;

/// <summary>A TPM that starts sessions and flushes, and answers every other command with one given answer; if asked to, as the holder of the session's keys.</summary>
internal sealed class FakeTpm : ITpmTransport
{
    internal const uint Session = 0x02000000;

    private static readonly byte[] s_nonce = new byte[32];

    private readonly byte[] _answer;
    private readonly AnswerForm _form;

    /// <param name="answer">The parameters (after the handle, where there is one), or the whole frame; see <paramref name="form"/>.</param>
    /// <param name="form">How the answer is made a frame.</param>
    internal FakeTpm(byte[] answer, AnswerForm form) => (_answer, _form) = (answer, form);

    private TpmCc _fed;
    private bool _fedLoads;
    private int _fedHandles;

    /// <summary>Names the command that gets the given answer.</summary>
    internal void Feed<TResponse>(TpmCommand<TResponse> command) => (_fed, _fedLoads, _fedHandles) = (command.Code, command.LoadsHandle, command.Handles.Count);

    public byte[] Transmit(byte[] command, CancellationToken cancellation)
    {
        var code = (TpmCc)BinaryPrimitives.ReadUInt32BigEndian(command.AsSpan(6));
        if (code == _fed) return Answer(command);
        return code == TpmCc.StartAuthSession
            ? Frame(TpmSt.NoSessions, [.. Handle(Session), 0, 32, .. s_nonce])
            : Frame(TpmSt.NoSessions, []);
    }

    public void Dispose() { }

    private byte[] Answer(byte[] command)
    {
        if (_form == AnswerForm.Frame)
        {
            // What every transport does with what comes back.
            byte[] whole = _answer.Length < TpmFrame.HeaderSize ? [.. _answer, .. new byte[TpmFrame.HeaderSize]] : [.. _answer];
            int size = TpmFrame.CheckResponseHeader(whole);
            return size > whole.Length ? throw new TpmTransportException("The answer is cut off.") : TpmFrame.Take(whole, 0, size);
        }
        byte[] handle = _fedLoads ? Handle(0x80000000) : [];
        bool sessions = BinaryPrimitives.ReadUInt16BigEndian(command) == (ushort)TpmSt.Sessions;
        if (!sessions) return Frame(TpmSt.NoSessions, [.. handle, .. _answer]);
        byte[] size4 = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(size4, _answer.Length);
        return Frame(TpmSt.Sessions, [.. handle, .. size4, .. _answer, .. Authorizations(command)]);
    }

    /// <summary>The authorizations of the response, one for each of the command's. The sessions here have no key, so an HMAC takes the nonces alone.</summary>
    private byte[] Authorizations(byte[] command)
    {
        var reader = new TpmReader(command);
        reader.ReadBytes(10);
        reader.ReadBytes(4 * _fedHandles);
        int end = (int)reader.ReadU32();
        end += reader.Position;
        byte[] rpHash = CommandHash.ComputeResponse(TpmAlgId.Sha256, _fed, _answer);
        return TpmWriter.Write(writer =>
        {
            while (reader.Position < end)
            {
                uint session = reader.ReadU32();
                byte[] nonceCaller = reader.ReadTpm2b();
                byte attributes = reader.ReadU8();
                reader.ReadTpm2b();
                bool password = session != Session;
                writer.WriteTpm2b(password ? [] : s_nonce);
                writer.WriteU8(attributes);
                writer.WriteTpm2b(password ? [] : TpmHash.Hmac(TpmAlgId.Sha256, [], rpHash, s_nonce, nonceCaller, [attributes]));
            }
        });
    }

    private static byte[] Handle(uint value) => [(byte)(value >> 24), (byte)(value >> 16), (byte)(value >> 8), (byte)value];

    private static byte[] Frame(TpmSt tag, byte[] body)
    {
        byte[] frame = [(byte)((ushort)tag >> 8), (byte)tag, 0, 0, 0, 0, 0, 0, 0, 0, .. body];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(2), frame.Length);
        return frame;
    }
}
