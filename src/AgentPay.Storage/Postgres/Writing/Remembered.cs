namespace AgentPay.Storage.Postgres.Writing;

/// <summary>
/// What was read from durable rows, as long as it was asked for lately: at least the newest <paramref name="generationMax"/> names, at most twice as many.
/// </summary>
internal sealed class Remembered<TName, TValue>(int generationMax, IEqualityComparer<TName>? comparer = null)
    where TName : notnull
{
    private readonly object _gate = new();
    private Dictionary<TName, TValue> _young = new(comparer);
    private Dictionary<TName, TValue> _old = new(comparer);

    internal bool TryGet(TName name, out TValue value)
    {
        lock (_gate)
        {
            if (_young.TryGetValue(name, out value!))
            {
                return true;
            }

            if (!_old.TryGetValue(name, out value!))
            {
                return false;
            }

            Set(name, value);
            return true;
        }
    }

    internal void Set(TName name, TValue value)
    {
        lock (_gate)
        {
            if (_young.Count >= generationMax)
            {
                (_young, _old) = (_old, _young);
                _young.Clear();
            }

            _young[name] = value;
        }
    }

    internal void Forget(TName name)
    {
        lock (_gate)
        {
            _ = _young.Remove(name);
            _ = _old.Remove(name);
        }
    }
}
