namespace TpmMigration.Tests.Packages.Vectors;

/// <summary>The packages as text without signature, and one that is signed.</summary>
internal static class VectorBases
{
    internal static string One { get; } = VectorText.Template(VectorPackages.One());

    internal static string Two { get; } = VectorText.Template(VectorPackages.Two());

    internal static string Family { get; } = VectorText.Template(VectorPackages.Family());

    internal static string Bound { get; } = VectorText.Template(VectorPackages.Bound());

    internal static string Rsa { get; } = VectorText.Template(VectorPackages.Rsa());

    internal static string SignedOne { get; } = VectorText.Sign(One);

    internal static string SignedTwo { get; } = VectorText.Sign(Two);

    internal static string SignedFamily { get; } = VectorText.Sign(Family);
}
