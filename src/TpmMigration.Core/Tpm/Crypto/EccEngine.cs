namespace TpmMigration.Tpm;

/// <summary>
/// Picks the arithmetic: the platform's where .NET exposes raw key agreement, since in a new process it answers some 40 ms
/// sooner than a managed library that must first be compiled, and then twice as fast; BouncyCastle on .NET Framework, which
/// exposes none.
/// </summary>
internal static class EccEngine
{
#if NET
    public static IEccEngine Default { get; } = new PlatformEccEngine();
#else
    public static IEccEngine Default { get; } = new BouncyCastleEccEngine();
#endif
}
