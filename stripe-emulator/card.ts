/** Why a payment was not made: https://docs.stripe.com/declines/codes */
export interface Decline {
  readonly code: string;
  readonly decline_code?: string;
  readonly message: string;
}

/** How a payment method behaves. What is left out is as with any good card. */
export interface Card {
  readonly brand: string;
  readonly last4: string;
  /** ISO 3166; US where it is left out */
  readonly country?: string;
  /** credit where it is left out */
  readonly funding?: 'debit' | 'prepaid';
  /** of a card that two networks know, the one beside its brand */
  readonly network?: string;
  /** a bank account in place of a card: the debit is on its way for a while, and then this becomes of it */
  readonly debit?: 'succeed' | 'fail' | 'wait';
  /**
   * Whether its bank asks the customer: always, until it was set up for later payments, only while the customer is there,
   * if the merchant asks for it, or never; a broken one cannot be asked. https://docs.stripe.com/testing#regulatory-cards
   */
  readonly authentication?:
    | 'required'
    | 'until_set_up'
    | 'on_session'
    | 'optional'
    | 'unsupported'
    | 'required_broken'
    | 'optional_broken';
  /** what Radar thinks of it; normal where it is left out */
  readonly risk?: 'elevated' | 'highest';
  readonly checks?: { readonly cvc?: 'fail'; readonly line1?: Check; readonly postalCode?: Check };
  /** its money is in the available balance at once */
  readonly isAvailableAtOnce?: true;
  /** no incremental authorisation */
  readonly isPlain?: true;
  /** can be given to a customer although it is declined */
  readonly isAttachable?: true;
  /** what becomes of a refund to it, where that is not at once: https://docs.stripe.com/testing#refunds */
  readonly refund?: 'pending' | 'fails';
  /** its holder disputes what was taken, or their bank asks about it: https://docs.stripe.com/testing#disputes */
  readonly dispute?: { readonly reason: string; readonly inquiry?: boolean; readonly times?: number };
  /** its network warns of fraud as soon as it is charged */
  readonly fraudWarning?: true;
  /** what happens once it is charged */
  readonly decline?: Decline;
}

type Check = 'fail' | 'unavailable';
