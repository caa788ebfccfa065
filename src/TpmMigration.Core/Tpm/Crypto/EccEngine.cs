namespace TpmMigration.Tpm;

/// <summary>
/// Picks the arithmetic: the platform's where .NET exposes raw key agreement, which is ready a tenth of a second sooner than
/// a managed library that must first be compiled; BouncyCastle on .NET Framework, which exposes none.
/// </summary>
internal static class EccEngine
{
#if NET
    public static IEccEngine Default { get; } = new PlatformEccEngine();
#else
    public static IEccEngine Default { get; } = new BouncyCastleEccEngine();
#endif
}
