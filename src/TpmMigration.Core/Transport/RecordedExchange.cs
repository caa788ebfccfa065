namespace TpmMigration.Transport;

/// <summary>A command and what came back for it.</summary>
public sealed class RecordedExchange
{
    internal RecordedExchange(byte[] command, byte[]? response)
    {
        Command = command;
        Response = response;
    }

    /// <summary>The command frame.</summary>
    public byte[] Command { get; }

    /// <summary>The response frame; null if none came.</summary>
    public byte[]? Response { get; }
}
