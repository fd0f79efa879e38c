package main

import "strings"

// people is a group of names that go together. Behind a slash stands the Latin form of a name, for the e-mail
// address, where ascii would not find it.
type people struct {
	weight      int // how common the group is among the customers
	familyFirst bool
	joined      bool // no space between the two names
	given       []string
	family      []string
}

func words(list string) []string { return strings.Fields(list) }

// The names of the first wave are invented: common given names with family names, put together by chance.
var peoples = []people{
	{weight: 95,
		given: words(`Alice Bethan Callum Daphne Edwin Fiona Graham Harriet Imogen Jasper Keira Lionel Maisie Nigel
			Odette Percival Rosalind Stuart Tabitha Wilfred`),
		family: words(`Ashdown Bramwell Copthorne Dunmore Eastlake Farrow Garside Hollins Inglethorpe Jessop Kettleby
			Larkhill Mottram Netherby O'Hanlon Pemberley Quarmby Ravensdale Sedgewick Thackray Underhill Wetherall`)},
	{weight: 12,
		given:  words(`Siân Niamh Séamus Éilís Siobhán Rhŷs Pádraig Caoimhe`),
		family: words(`O'Driscoll Gwynedd Prys Mac-Giolla O'Tuama Penrhyn Cadwgan Devlin`)},
	{weight: 48,
		given: words(`Jörg Käthe Günther Björn Bärbel Anneliese Götz Jürgen Änne Sören Ulrike Annegret`),
		family: words(`Brandstätter Größinger Mühlhäuser Schönfelder Weißhaupt Krügel Löwenthal Bäumer Hübschmann Fährmann
			Kößler Wüstefeld`)},
	{weight: 38,
		given:  words(`Zoé Hélène Benoît Maëlle Anaïs Jérôme Loïc Françoise Théophile Noémie`),
		family: words(`Beauchêne Delacôte Gérin Pélissier Châtelain Lhôtelier Rivoire Bézard Traoré Guénolé`)},
	{weight: 38,
		given:  words(`Íñigo Begoña João Conceição Núria Martín Inês Tomás Encarnación Álvaro`),
		family: words(`Ordóñez Quiñones Gonçalves Simões Peñalver Muñiz Assunção Piñeyro Bragança Argüelles/Arguelles`)},
	{weight: 32,
		given:  words(`Åsa Søren Øyvind Åke Märta Gudrún Jörgen Päivi/Paivi Ægir Synnøve`),
		family: words(`Lindqvist Sjöholm Bjørnstad Kjærsholm Hägglund Rødland Mäkelä/Makela Ståhlberg Brændholm Ödmark`)},
	{weight: 16,
		given:  words(`Małgorzata Łucja Agnieszka Żaneta Bożena Wiesława`),
		family: words(`Zielińska Dąbrowska Kołodziejska Gołębiowska Sadłowska Brzęczkowska`)},
	{weight: 16,
		given:  words(`Łukasz Paweł Michał Grzegorz Sławomir Błażej`),
		family: words(`Wójcicki Zielakiewicz Gołębiowski Dąbek Księżniak Żurakowiak`)},
	{weight: 12, familyFirst: true,
		given:  words(`Ágnes Gergő Ildikó Bálint Zsófia Ödön/Odon`),
		family: words(`Szőllősi Fülöp/Fulop Kőműves Halász Gyöngyösi/Gyongyosi Dévényi`)},
	{weight: 24,
		given:  words(`Gülşen/Gulsen Çağla İbrahim Özgür/Ozgur Şebnem Yiğit Ayşegül/Aysegul Tuğba`),
		family: words(`Yıldızhan Özkınalı/Ozkinali Çelebioğlu Güneşli/Gunesli Aydoğan Kılıçarslan Şimşek Bağcı`)},
	{weight: 18, familyFirst: true,
		given:  words(`Thị-Hương Văn-Đức Thùy-Dương Quốc-Bảo Mỹ-Hạnh Hữu-Phước`),
		family: words(`Nguyễn Trần Phạm Đặng Vũ Huỳnh`)},
	{weight: 14,
		given: words(`Γεωργία/Georgia Ελευθερία/Eleftheria Κωνσταντίνα/Konstantina Χρυσούλα/Chrysoula
			Ευαγγελία/Evangelia Δέσποινα/Despina`),
		family: words(`Παπαδοπούλου/Papadopoulou Μαυρίδη/Mavridi Καραγιάννη/Karagianni Αλεξίου/Alexiou
			Σταματοπούλου/Stamatopoulou Βλαχάκη/Vlachaki`)},
	{weight: 14,
		given: words(`Γιώργος/Giorgos Σταύρος/Stavros Νικηφόρος/Nikiforos Θεόδωρος/Theodoros Περικλής/Periklis
			Άγγελος/Angelos`),
		family: words(`Ξυδάκης/Xydakis Μαυρίδης/Mavridis Καραγιάννης/Karagiannis Ψαρράς/Psarras Τσιάρας/Tsiaras
			Βλαχάκης/Vlachakis`)},
	{weight: 28,
		given: words(`Оксана/Oksana Соломія/Solomiia Ганна/Hanna Зоряна/Zoriana Орест/Orest Остап/Ostap Юрій/Yurii
			Любов/Liubov Євген/Yevhen Іванна/Ivanna`),
		family: words(`Коваленко/Kovalenko Бондаренко/Bondarenko Ткачук/Tkachuk Мельничук/Melnychuk Гаврилюк/Havryliuk
			Шаповал/Shapoval Пономаренко/Ponomarenko Їжакевич/Yizhakevych`)},
	{weight: 14,
		given:  words(`Јелена/Jelena Гвозден/Gvozden Љиљана/Ljiljana Небојша/Nebojsa Ђурђа/Djurdja Страхиња/Strahinja`),
		family: words(`Живковић/Zivkovic Поповић/Popovic Љубичић/Ljubicic Ћирковић/Cirkovic Недељковић/Nedeljkovic`)},
	{weight: 28,
		given: words(`محمود/Mahmoud ليلى/Layla فاطمة/Fatima يوسف/Yousef نور/Nour سلمى/Salma كريم/Karim هدى/Huda
			طارق/Tariq رنا/Rana`),
		family: words(`الحداد/Alhaddad النجار/Alnajjar الخياط/Alkhayyat الصباغ/Alsabbagh القاسم/Alqasim
			العطار/Alattar البستاني/Albustani الزيتوني/Alzaytuni`)},
	{weight: 12,
		given:  words(`נועה/Noa יעל/Yael אורי/Uri תמר/Tamar אלעד/Elad שירה/Shira`),
		family: words(`גולן/Golan שדה/Sade כרמי/Karmi אשכולי/Eshkoli ורדי/Vardi`)},
	{weight: 28, familyFirst: true, joined: true,
		given: words(`秀英/Xiuying 晓梅/Xiaomei 志强/Zhiqiang 雨桐/Yutong 建华/Jianhua 思远/Siyuan 丽芳/Lifang
			俊杰/Junjie 海燕/Haiyan 文博/Wenbo`),
		family: words(`王/Wang 李/Li 张/Zhang 陈/Chen 赵/Zhao 黄/Huang 周/Zhou 吴/Wu`)},
	{weight: 24, familyFirst: true,
		given:  words(`和香/Waka 健太/Kenta 美咲/Misaki 孝介/Kosuke 恵子/Keiko さくら/Sakura フミ/Fumi 千尋/Chihiro`),
		family: words(`佐藤/Sato 鈴木/Suzuki 高橋/Takahashi 渡辺/Watanabe 小林/Kobayashi 石川/Ishikawa 松本/Matsumoto`)},
	{weight: 14, familyFirst: true, joined: true,
		given:  words(`서윤/Seoyun 찬솔/Chansol 하람/Haram 예솔/Yesol 다온/Daon 영숙/Youngsook`),
		family: words(`김/Kim 이/Lee 박/Park 최/Choi 윤/Yoon`)},
	{weight: 18,
		given:  words(`अनीता/Anita मीरा/Meera सुनीता/Sunita किरण/Kiran प्रकाश/Prakash दीपिका/Deepika गौरव/Gaurav`),
		family: words(`पटेल/Patel वर्मा/Verma जोशी/Joshi मिश्रा/Mishra देशपांडे/Deshpande कुलकर्णी/Kulkarni`)},
	{weight: 10,
		given:  words(`สมชาย/Somchai มาลี/Malee วิภา/Wipha ประเสริฐ/Prasert`),
		family: words(`ใจดี/Jaidee ศรีสุข/Srisuk ทองดี/Thongdee แสงจันทร์/Saengchan`)},
	{weight: 9,
		given:  words(`ნინო/Nino გიორგი/Giorgi თამარ/Tamar ლევან/Levan`),
		family: words(`ბერიძე/Beridze კაპანაძე/Kapanadze ლომიძე/Lomidze მაისურაძე/Maisuradze`)},
}

// ascii spells Latin letters with marks without them, as people do in their e-mail addresses.
var ascii = strings.NewReplacer(
	"ä", "ae", "ö", "oe", "ü", "ue", "ß", "ss", "å", "aa", "æ", "ae", "ø", "oe", "þ", "th",
	"á", "a", "à", "a", "â", "a", "ã", "a", "ą", "a", "ạ", "a", "ầ", "a", "ả", "a", "ă", "a", "ặ", "a",
	"ç", "c", "ć", "c", "đ", "d", "é", "e", "è", "e", "ê", "e", "ë", "e", "ę", "e", "ễ", "e", "ứ", "u",
	"ğ", "g", "í", "i", "î", "i", "ï", "i", "ı", "i", "ị", "i", "ł", "l", "ñ", "n", "ń", "n",
	"ó", "o", "ô", "o", "õ", "o", "ő", "o", "ơ", "o", "ớ", "o", "ố", "o", "ś", "s", "ş", "s",
	"ú", "u", "û", "u", "ű", "u", "ư", "u", "ũ", "u", "ữ", "u", "ù", "u", "ỳ", "y", "ỹ", "y", "ŷ", "y",
	"ý", "y", "ż", "z", "ź", "z", "i̇", "i", "'", "", "-", "",
)
