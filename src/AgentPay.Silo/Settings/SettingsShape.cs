using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;

namespace AgentPay.Silo.Settings;

/// <summary>
/// Holds what was written against the settings there are, before anything is read: the framework's binder passes over a name nobody knows, and drops
/// an entry of a list when one of its values is of another type. A chain or an access rule must not get lost that way.
/// </summary>
internal sealed class SettingsShape(ICollection<string> problems)
{
    /// <summary>Checks a section that is read into these types; the sections named are others' and are checked by themselves.</summary>
    public void Check(IConfigurationSection section, Type[] types, params string[] others)
    {
        var settings = types.SelectMany(type => type.GetProperties()).ToDictionary(property => property.Name, StringComparer.OrdinalIgnoreCase);
        foreach (var child in section.GetChildren().Where(child => !others.Contains(child.Key, StringComparer.OrdinalIgnoreCase)))
        {
            if (settings.TryGetValue(child.Key, out var property))
            {
                CheckValue(child, property.PropertyType, property.GetCustomAttribute<RangeAttribute>());
            }
            else
            {
                problems.Add($"{child.Path} is no setting.");
            }
        }
    }

    private void CheckValue(IConfigurationSection setting, Type type, RangeAttribute? range)
    {
        if (type.IsGenericType)
        {
            foreach (var item in setting.GetChildren())
            {
                CheckValue(item, type.GetGenericArguments()[0], null);
            }
        }
        else if (type.IsClass && type != typeof(string))
        {
            Check(setting, [type]);
        }
        else if (setting.GetChildren().Any())
        {
            problems.Add($"{setting.Path} is one value, not a list.");
        }
        else if (type == typeof(int))
        {
            CheckNumber(setting, range);
        }
        else if (type == typeof(long))
        {
            Require(long.TryParse(setting.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _), $"{setting.Path} is '{setting.Value}'; it must be a whole number.");
        }
        else if (type == typeof(bool))
        {
            Require(bool.TryParse(setting.Value, out _), $"{setting.Path} is '{setting.Value}'; it must be true or false.");
        }
    }

    private void CheckNumber(IConfigurationSection setting, RangeAttribute? range)
    {
        var isNumber = int.TryParse(setting.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number);
        Require(isNumber, $"{setting.Path} is '{setting.Value}'; it must be a whole number.");
        Require(!isNumber || range?.IsValid(number) != false, $"{setting.Path} is {number}; it must be {range?.Minimum} to {range?.Maximum}.");
    }

    private void Require(bool holds, string problem)
    {
        if (!holds)
        {
            problems.Add(problem);
        }
    }
}
