using AgentPay.Domain.Settlements;

namespace AgentPay.Domain.Tests.Settlements;

/// <summary>Which run of a seller's handler a payment buys.</summary>
public sealed class AdmissionTests
{
    private static readonly Admission Second = Given.Run with { Key = "second", Process = "process-2" };

    [Fact]
    public void A_run_is_taken_over_only_after_its_time_is_up()
    {
        var admitted = Given.After(Given.Admit());

        Assert.Equal("payment_in_use", admitted.Then(Given.Admit(Second), TimeSpan.FromMinutes(1)).Code());
        Assert.Null(admitted.Then(Given.Admit(Second), TimeSpan.FromMinutes(1) + TimeSpan.FromTicks(1)).Code());
    }

    [Fact]
    public void A_run_of_a_process_that_is_gone_is_taken_over_at_once_and_one_of_this_process_is_not()
    {
        var admitted = Given.After(Given.Admit());

        Assert.Null(admitted.Then(Given.Admit(Second, othersAreGone: true)).Code());
        Assert.Equal("payment_in_use", admitted.Then(Given.Admit(Second, othersAreGone: false)).Code());
        Assert.Equal("payment_in_use", admitted.Then(Given.Admit(Second with { Process = Given.Run.Process }, othersAreGone: true)).Code());
    }

    [Fact]
    public void A_run_of_one_process_of_several_is_taken_over_when_that_one_is_known_to_be_gone()
    {
        foreach (var held in new[] { Given.After(Given.Admit()), Given.After(Given.Admit(), Given.Reserve()), Given.After(Given.Admit(), Given.Reserve(), Given.Confirm) })
        {
            var admit = Given.Admit(Second) with { Gone = held.Admission };
            var taken = held.Then(admit).State!;
            Assert.Equal("process-2", taken.Admission!.Process);

            // It was taken over since by the process that was taken for dead: what was known is of another run.
            var again = taken.Then(Given.Admit(Given.Run with { Key = "third" }, othersAreGone: true)).State!;
            Assert.Equal("payment_in_use", again.Then(admit).Code());
        }
    }

    [Fact]
    public void A_run_that_is_about_to_answer_has_its_time_and_no_less_than_it_had()
    {
        var paid = Given.After(Given.Admit(), Given.Reserve(), Given.Confirm);

        Assert.Equal(Given.Run.ExpiresAt.AddSeconds(1), paid.HoldRun(Given.Run, Given.Run.ExpiresAt.AddSeconds(1)).State!.Admission!.ExpiresAt);
        Assert.False(paid.HoldRun(Given.Run, Given.Run.ExpiresAt.AddSeconds(-1)).IsChange);
        Assert.Null(paid.HoldRun(Given.Run, Given.Run.ExpiresAt.AddSeconds(-1)).Refusal);
    }

    [Fact]
    public void A_run_does_not_answer_when_another_has_its_place_it_was_given_up_or_success_was_said()
    {
        var paid = Given.After(Given.Admit(), Given.Reserve(), Given.Confirm);
        var taken = paid.Then(Given.Admit(Second, othersAreGone: true)).State!;
        var given = paid.Then(new ReleasePayment(Given.Key)).State!;
        var said = paid.Then(new AnswerSettlement()).State!;

        Assert.All([taken, given, said], state => Assert.Equal("duplicate_settlement", state.HoldRun(Given.Run, Given.Now.AddHours(1)).Refusal?.Code));
        Assert.Null(taken.HoldRun(taken.Admission!, Given.Now.AddHours(1)).Refusal);
    }

    [Fact]
    public void Another_resource_never_takes_a_run_over()
    {
        var elsewhere = Second with { Resource = "GET https://shop.example/other" };

        Assert.Equal("payment_in_use", Given.After(Given.Admit()).Then(Given.Admit(elsewhere, othersAreGone: true), TimeSpan.FromHours(1)).Code());
    }

    [Fact]
    public void A_run_that_answered_is_never_taken_over()
    {
        var answered = Given.After(Given.Admit(), Given.Reserve(), Given.Confirm, new AnswerSettlement());

        Assert.Equal("payment_in_use", answered.Then(Given.Admit(Second, othersAreGone: true), TimeSpan.FromHours(1)).Code());
    }

    [Fact]
    public void A_run_taken_over_before_it_settled_can_neither_settle_nor_release_any_more()
    {
        var taken = Given.After(Given.Admit()).Then(Given.Admit(Second, othersAreGone: true)).State!;

        Assert.Equal("duplicate_settlement", taken.Then(Given.Reserve(Given.Key)).Code());
        Assert.Same(taken, taken.Then(new ReleasePayment(Given.Key)).State);
        Assert.Equal(SettlementStatus.Reserved, taken.Then(Given.Reserve("second")).State!.Status);
    }

    [Fact]
    public void A_run_whose_place_another_had_and_left_settles_nothing_that_no_run_would_answer_for()
    {
        var late = Given.Reserve() with { Run = 0 };
        var admitted = Given.After(Given.Admit()).Then(Given.Admit(Second, othersAreGone: true)).State!;
        var released = admitted.Then(new ReleasePayment("second")).State!;
        var failed = admitted.Then(Given.Reserve("second") with { Run = 1 }).State.Then(Given.Fail()).State!;
        var settledByOther = Given.After(Given.Admit()).Then(Given.Reserve("mine"), TimeSpan.FromMinutes(2)).State.Then(Given.Fail()).State!;

        Assert.All([released, failed, settledByOther], state =>
        {
            Assert.Equal("payment_in_use", state.Then(late).Code());
            Assert.Equal(SettlementStatus.Reserved, state.Then(Given.Reserve("another key")).State!.Status);
        });
        Assert.Equal("duplicate_settlement", admitted.Then(late, TimeSpan.FromHours(1)).Code());
        Assert.Equal(Second.Key, admitted.Then(Given.Reserve("second") with { Run = 1 }, TimeSpan.FromHours(1)).State!.Admission?.Key);
    }

    [Fact]
    public void A_run_taken_over_after_it_settled_answers_in_the_name_of_the_first_key()
    {
        var taken = Given.After(Given.Admit(), Given.Reserve(), Given.Confirm).Then(Given.Admit(Second, othersAreGone: true)).State!;

        Assert.Equal(Given.Key, taken.Admission!.Key);
        Assert.Equal("process-2", taken.Admission.Process);
        Assert.Null(taken.Then(Given.Reserve(taken.Admission.Key)).Code());
    }

    [Fact]
    public void Of_runs_that_took_each_other_over_under_one_key_the_last_settles_and_no_other()
    {
        var taken = Given.After(Given.Admit(), Given.Reserve() with { Run = 0 }).Then(Given.Admit(Second, othersAreGone: true)).State!;

        Assert.Equal("duplicate_settlement", taken.Then(Given.Reserve(Given.Key) with { Run = 0 }).Code());
        Assert.Null(taken.Then(Given.Reserve(Given.Key) with { Run = 1 }).Code());
    }

    [Fact]
    public void A_settled_run_that_yields_is_taken_over_at_once_by_the_same_resource()
    {
        var yielded = Given.After(Given.Admit(), Given.Reserve(), Given.Confirm, new ReleasePayment(Given.Key));

        Assert.Null(yielded.Then(Given.Admit(Second with { Process = Given.Run.Process })).Code());
        Assert.Same(yielded, yielded.Then(new ReleasePayment(Given.Key)).State);
    }

    [Fact]
    public void Only_the_key_that_holds_a_run_releases_it()
    {
        var admitted = Given.After(Given.Admit());

        Assert.Same(admitted, admitted.Then(new ReleasePayment("another key")).State);
        Assert.Equal(SettlementStatus.Released, admitted.Then(new ReleasePayment(Given.Key)).State!.Status);
    }

    [Fact]
    public void Whoever_settles_an_abandoned_admission_leaves_nothing_of_it_to_take_over()
    {
        var settled = Given.After(Given.Admit()).Then(Given.Reserve("another key"), TimeSpan.FromMinutes(2)).State!;

        Assert.Null(settled.Admission);
        Assert.Equal("payment_in_use", settled.Then(Given.Admit(Second, othersAreGone: true)).Code());
    }

    [Fact]
    public void A_payment_settled_without_an_admission_runs_no_handler() =>
        Assert.Equal("payment_in_use", Given.In(SettlementStatus.Confirmed).Then(Given.Admit(Second, othersAreGone: true), TimeSpan.FromHours(1)).Code());
}
