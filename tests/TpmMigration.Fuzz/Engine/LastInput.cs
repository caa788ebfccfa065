using System;
using System.IO;
using System.IO.MemoryMappedFiles;

namespace TpmMigration.Fuzz.Engine;

/// <summary>
/// Keeps the input under way in a file that outlives the process: a stack overflow or a kill leaves no exception behind, only this.
/// </summary>
internal sealed class LastInput : IDisposable
{
    internal const string Extension = ".last";

    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly int _most;

    internal LastInput(string path, int most)
    {
        _most = most;
        _file = MemoryMappedFile.CreateFromFile(path, FileMode.Create, null, 4 + most);
        _view = _file.CreateViewAccessor();
    }

    internal void Set(byte[] input)
    {
        int length = Math.Min(input.Length, _most);
        _view.Write(0, length);
        _view.WriteArray(4, input, 0, length);
    }

    /// <summary>An input out of a file: this class's own, or the input alone.</summary>
    internal static byte[] Read(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        return path.EndsWith(Extension, StringComparison.Ordinal) ? bytes.AsSpan(4, BitConverter.ToInt32(bytes, 0)).ToArray() : bytes;
    }

    public void Dispose()
    {
        _view.Dispose();
        _file.Dispose();
    }
}
