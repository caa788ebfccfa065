using System;
using Xunit;

namespace TpmMigration.Cmdlets.Tests.Commands;

/// <summary>Tests of commands on one machine; after each of them nothing may be left loaded in its TPM.</summary>
public abstract class SceneTests : IClassFixture<Scene>, IDisposable
{
    private protected SceneTests(Scene scene) => Scene = scene;

    private protected Scene Scene { get; }

    public void Dispose() => Assert.Equal(string.Empty, Scene.Loaded().Trim());
}
