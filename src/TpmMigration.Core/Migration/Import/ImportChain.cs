using System;
using System.Collections.Generic;
using TpmMigration.Keys;
using TpmMigration.Packages;
using TpmMigration.Tpm;

namespace TpmMigration.Migration;

/// <summary>
/// The imported storage keys under which children of the package load. One at a time stays loaded, since TPMs have few slots;
/// children follow their parents, so it is rarely loaded twice.
/// </summary>
internal sealed class ImportChain : IDisposable
{
    private readonly KeyLoader _loader;
    private readonly Dictionary<Guid, Link> _links = [];
    private (Guid Id, TpmObject Key)? _loaded;

    internal ImportChain(KeyLoader loader) => _loader = loader;

    /// <summary>Remembers an imported key as a possible parent.</summary>
    internal void Add(PackageKey key, byte[] privateArea, string? destination, TpmHandle? persistent) =>
        _links[key.Id] = new Link(key, privateArea, destination, persistent);

    /// <summary>The parent, loaded; valid until the next call.</summary>
    internal TpmObject Parent(Guid id)
    {
        if (_loaded?.Id == id) return _loaded.Value.Key;
        Link link = _links[id];
        if (link.Persistent != null) return new TpmObject(link.Persistent, link.Key.PublicArea) { HasEmptyAuth = !link.Key.HasPassword };
        TpmObject above = link.Key.Blob is ChildBlob child ? Parent(child.ParentId) : _loader.LoadParent(link.Destination);
        TpmObject loaded = _loader.Load(link.Key.Name, above, link.Key.PublicArea, link.Private, link.Key.HasPassword);
        LetGo();
        _loaded = (id, loaded);
        return loaded;
    }

    /// <summary>The key of the package with this id.</summary>
    internal PackageKey Key(Guid id) => _links[id].Key;

    /// <summary>What the key files of a key's children name as their parent.</summary>
    internal uint HandleForOthers(Guid id) => _links[id].Persistent?.Value ?? StoredKeys.NoParentForOthers;

    public void Dispose() => LetGo();

    /// <summary>Makes room in the TPM; what is needed again is loaded again.</summary>
    internal void LetGo()
    {
        if (_loaded is { } loaded) _loader.Device.Flush(loaded.Key.Handle);
        _loaded = null;
    }

    private sealed record Link(PackageKey Key, byte[] Private, string? Destination, TpmHandle? Persistent);
}
