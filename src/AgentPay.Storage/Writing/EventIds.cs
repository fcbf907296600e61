using System.Buffers.Binary;
using System.Security.Cryptography;

namespace AgentPay.Storage.Writing;

/// <summary>
/// Gives out time-ordered ids (RFC 9562, version 7) as <see cref="Guid.CreateVersion7(DateTimeOffset)"/> does, but asks the system for randomness once for many. One writer's.
/// </summary>
internal sealed class EventIds
{
    private const int IdBytes = 16;
    private const int TimeBytes = 6;
    private const int RandomBytes = IdBytes - TimeBytes;
    private const int AtOnce = 256;

    private readonly byte[] _random = new byte[AtOnce * RandomBytes];
    private int _used = AtOnce * RandomBytes;

    internal Guid Next(DateTimeOffset at)
    {
        if (_used == _random.Length)
        {
            RandomNumberGenerator.Fill(_random);
            _used = 0;
        }

        Span<byte> id = stackalloc byte[IdBytes];
        BinaryPrimitives.WriteInt64BigEndian(id, at.ToUnixTimeMilliseconds() << 16);
        _random.AsSpan(_used, RandomBytes).CopyTo(id[TimeBytes..]);
        _used += RandomBytes;
        id[6] = (byte)(0x70 | (id[6] & 0x0F));
        id[8] = (byte)(0x80 | (id[8] & 0x3F));
        return new Guid(id, bigEndian: true);
    }
}
