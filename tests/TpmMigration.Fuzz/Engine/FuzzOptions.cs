using System;

namespace TpmMigration.Fuzz.Engine;

/// <summary>How a run goes.</summary>
public sealed record FuzzOptions
{
    public required TimeSpan Time { get; init; }

    public required int Seed { get; init; }

    /// <summary>Where inputs that show something new are kept and begun from the next time; null for memory alone.</summary>
    public string? Corpus { get; init; }

    /// <summary>Where inputs that broke a reader are put; null for memory alone.</summary>
    public string? Findings { get; init; }

    /// <summary>Told of each finding and, now and then, of the state.</summary>
    public Action<string> Log { get; init; } = _ => { };
}

/// <summary>An input that broke a reader.</summary>
/// <param name="What">The exception with its place, or the limit that was passed.</param>
/// <param name="Input">As it was given to the reader.</param>
public sealed record Finding(string What, byte[] Input)
{
    public override string ToString() => $"{What}{Environment.NewLine}  input ({Input.Length} bytes, base64): {Convert.ToBase64String(Input, 0, Math.Min(Input.Length, 32 * 1024))}";
}
